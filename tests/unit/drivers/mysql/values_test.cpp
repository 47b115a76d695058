#include "drivers/mysql/values.hpp"

#include <gtest/gtest.h>

#include <boost/mysql/detail/access.hpp>
#include <limits>

namespace confab::mysql {
namespace {

using boost::mysql::field_view;
using fields = std::vector<field_view>;

constexpr std::byte bytes[] = {std::byte{0}, std::byte{0xff}};
constexpr unsigned char stored_bytes[] = {0, 0xff};
constexpr auto int_min = std::numeric_limits<std::int64_t>::min();
constexpr auto uint_max = std::numeric_limits<std::uint64_t>::max();

// Boost makes a row only from a server's answer.
row row_of(const fields& all) {
    return row(boost::mysql::detail::access::construct<boost::mysql::row_view>(all.data(), all.size()));
}

TEST(statement_parameters, keep_the_order_and_the_type_of_each_value) {
    const parameters all(int_min, uint_max, std::string_view("a\0b", 3), blob(bytes), nullptr);
    ASSERT_EQ(all.size(), 5U);
    EXPECT_EQ(all.fields()[0].as_int64(), int_min);
    EXPECT_EQ(all.fields()[1].as_uint64(), uint_max);
    EXPECT_EQ(all.fields()[2].as_string(), std::string_view("a\0b", 3));
    EXPECT_EQ(all.fields()[3].as_blob().size(), 2U);
    EXPECT_EQ(all.fields()[3].as_blob()[1], 0xff);
    EXPECT_TRUE(all.fields()[4].is_null());
    EXPECT_EQ(parameters().size(), 0U);
}

TEST(statement_parameters, send_an_optional_value_that_is_missing_as_null) {
    const std::optional<std::string> text = "text", no_text;
    const std::optional<std::uint64_t> no_number;
    const parameters all(text, no_text, no_number);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all.fields()[0].as_string(), "text");
    EXPECT_TRUE(all.fields()[1].is_null());
    EXPECT_TRUE(all.fields()[2].is_null());
}

TEST(a_result_row, returns_integers_of_any_column_type) {
    const fields all{field_view(std::int64_t{-5}), field_view(uint_max), field_view("12345"),
                     field_view("-7.9"),           field_view("text"),   field_view(nullptr)};
    const auto r = row_of(all);
    EXPECT_EQ(r.integer(0), -5);
    EXPECT_EQ(r.integer(1), -1);  // the same 64 bits
    EXPECT_EQ(r.integer(2), 12'345);
    EXPECT_EQ(r.integer(3), -7);
    EXPECT_EQ(r.integer(4), 0);
    EXPECT_EQ(r.integer(5), 0);
    EXPECT_EQ(r.number(0), uint_max - 4);
    EXPECT_EQ(r.number(1), uint_max);
    EXPECT_EQ(r.number(2), 12'345U);
    EXPECT_EQ(r.number(5), 0U);
}

TEST(a_result_row, returns_texts_and_bytes_and_neither_of_null) {
    const fields all{field_view("text"), field_view(boost::mysql::blob_view(stored_bytes)), field_view(""),
                     field_view(nullptr)};
    const auto r = row_of(all);
    EXPECT_EQ(r.text(0), "text");
    EXPECT_EQ(r.text(1), std::string_view("\0\xff", 2));
    EXPECT_EQ(r.text(3), "");
    EXPECT_TRUE(r.bytes(0).empty());
    ASSERT_EQ(r.bytes(1).size(), 2U);
    EXPECT_EQ(r.bytes(1)[1], std::byte{0xff});
    EXPECT_TRUE(r.bytes(3).empty());
    EXPECT_EQ(r.optional_text(0), "text");
    EXPECT_EQ(r.optional_text(2), "");
    EXPECT_EQ(r.optional_text(3), std::nullopt);
    EXPECT_FALSE(r.is_null(2));
    EXPECT_TRUE(r.is_null(3));
}

TEST(a_result_row, counts_the_bytes_of_its_texts_and_blobs_only) {
    EXPECT_EQ(row_of({}).size_in_bytes(), 0U);
    const fields all{field_view("text"), field_view(boost::mysql::blob_view(stored_bytes)), field_view(uint_max),
                     field_view(nullptr)};
    EXPECT_EQ(row_of(all).size_in_bytes(), 6U);
}

TEST(a_row_batch, is_empty_or_iterates_over_its_rows) {
    EXPECT_TRUE(rows_view().empty());
    EXPECT_TRUE(rows_view().begin() == rows_view().end());
    const fields all{field_view("a"), field_view(1), field_view("b"), field_view(2)};
    const rows_view batch(boost::mysql::detail::access::construct<boost::mysql::rows_view>(all.data(), all.size(), 2U));
    EXPECT_EQ(batch.size(), 2U);
    EXPECT_EQ(batch.front().text(0), "a");
    std::string found;
    for (const auto r : batch) found += std::string(r.text(0)) + std::to_string(r.integer(1));
    EXPECT_EQ(found, "a1b2");
}

}  // namespace
}  // namespace confab::mysql
