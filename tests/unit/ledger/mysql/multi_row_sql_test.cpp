#include "ledger/mysql/multi_row_sql.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

namespace confab::ledger::mysql {
namespace {

TEST(a_chunk_of_rows, is_as_large_as_any_allowed_size_that_the_rows_fill) {
    for (std::size_t rows = 1; rows <= 600; ++rows) {
        std::size_t largest = 0;
        for (const auto size : chunk_sizes)
            if (size <= rows) largest = std::max(largest, size);
        EXPECT_EQ(chunk_size(rows), largest) << rows;
    }
    EXPECT_EXIT(chunk_size(0), ::testing::KilledBySignal(SIGABRT), "");
}

TEST(a_chunk_of_rows, is_one_of_few_for_the_rows_of_a_batch) {
    for (std::size_t rows = 1; rows <= 256; ++rows) {
        std::size_t chunks = 0;
        for (auto left = rows; left > 0; left -= chunk_size(left)) ++chunks;
        EXPECT_LE(chunks, 4U) << rows;
    }
}

TEST(a_statement_for_many_rows, repeats_the_text_of_one) {
    EXPECT_EQ(repeat_row("values ", "(?,?)", 1), "values (?,?)");
    EXPECT_EQ(repeat_row("where id in (", "?", 3, ") for update"), "where id in (?,?,?) for update");
    EXPECT_EQ(repeat_row("in (", "?", 0, ")"), "in ()");
}

TEST(a_hex_literal, has_two_digits_for_each_byte) {
    const std::byte bytes[] = {std::byte{0}, std::byte{0x0f}, std::byte{0xa0}, std::byte{0xff}};
    EXPECT_EQ(hex_literal(bytes), "x'000fa0ff'");
    EXPECT_EQ(hex_literal({}), "x''");
}

}  // namespace
}  // namespace confab::ledger::mysql
