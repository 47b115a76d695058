// Slices of candidates, from an index file.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include "search/sqlite/block.hpp"
#include "search/sqlite/index_file.hpp"
#include "search/sqlite/rows.hpp"
#include "support/folder.hpp"

namespace confab::search {
namespace {

using core::message_number;
using numbers = std::vector<message_number>;

constexpr core::chat_id chat(7);
constexpr message_number no_limit(core::number_max + 1);

class sqlite_candidates : public ::testing::Test {
protected:
    // Stores messages 1 to `count`.
    template <class Text>
    void store(std::uint64_t count, Text text_of, core::chat_id in = chat) {
        std::vector<indexed_text> texts;
        for (std::uint64_t i = 1; i <= count; ++i) texts.push_back({message_number(i), 1, text_of(i)});
        ASSERT_TRUE(store_in(writer, in, texts, {}, {count, 2}));
    }
    candidates find(std::string_view query, message_number below = no_limit, core::chat_id in = chat) {
        return candidates_in(reader, in, core::folded_query(query), below);
    }
    void execute(const std::string& sql) { writer.db.execute(sql.c_str()); }

    testing::temporary_folder folder;
    const std::filesystem::path file = index_file_in(folder.path());
    write_session writer{open_index_file(file, "0123456789abcdef")};
    read_session reader{file.string()};
};

TEST_F(sqlite_candidates, are_the_messages_with_the_text_the_last_one_first) {
    store(9, [](auto i) { return i % 3 == 0 ? "a needle" : "hay"; });
    const auto found = find("NEEDLE");
    EXPECT_EQ(found.position, (core::position{9, 2}));
    EXPECT_EQ(found.numbers, (numbers{message_number(9), message_number(6), message_number(3)}));
    EXPECT_EQ(found.next, std::nullopt);
    EXPECT_EQ(find("needle", message_number(9)).numbers, (numbers{message_number(6), message_number(3)}));
    EXPECT_TRUE(find("needle", message_number(3)).numbers.empty());
    EXPECT_TRUE(find("needle", message_number(1)).numbers.empty());
    EXPECT_TRUE(find("pin").numbers.empty());
}

TEST_F(sqlite_candidates, are_of_one_chat) {
    store(2, [](auto) { return "a"; });
    store(1, [](auto) { return "a"; }, core::chat_id(8));
    EXPECT_EQ(find("a").numbers.size(), 2U);
    EXPECT_EQ(find("a", no_limit, core::chat_id(8)).numbers, numbers{message_number(1)});
    const auto unknown = find("a", no_limit, core::chat_id(6));
    EXPECT_EQ(unknown.position, core::position{});
    EXPECT_TRUE(unknown.numbers.empty());
    EXPECT_EQ(unknown.next, std::nullopt);
}

TEST_F(sqlite_candidates, come_in_slices_without_a_gap) {
    constexpr std::uint64_t count = 2 * candidates_max + 10;
    store(count, [](auto i) { return fmt::format("message {}", i); });
    numbers all;
    std::optional<message_number> below = no_limit;
    for (int slices = 1; below; ++slices) {
        ASSERT_LE(slices, 3);
        const auto found = find("message", *below);
        EXPECT_LE(found.numbers.size(), candidates_max);
        all.insert(all.end(), found.numbers.begin(), found.numbers.end());
        below = found.next;
    }
    ASSERT_EQ(all.size(), count);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(all[i].value(), count - i);
}

TEST_F(sqlite_candidates, that_fill_a_slice_exactly_need_no_other) {
    store(candidates_max, [](auto) { return "a"; });
    EXPECT_EQ(find("a").numbers.size(), candidates_max);
    EXPECT_EQ(find("a").next, std::nullopt);
}

// Each text is a block of its own. Two are more than a slice examines.
TEST_F(sqlite_candidates, of_long_texts_end_where_enough_was_examined) {
    store(3, [](auto) { return std::string(5 * 1024 * 1024, 'a'); });
    const auto first = find("a");
    EXPECT_EQ(first.numbers, (numbers{message_number(3), message_number(2)}));
    EXPECT_EQ(first.next, message_number(2));
    const auto last = find("a", *first.next);
    EXPECT_EQ(last.numbers, numbers{message_number(1)});
    EXPECT_EQ(last.next, std::nullopt);
}

TEST_F(sqlite_candidates, of_the_first_messages_end_even_if_no_more_would_be_examined) {
    store(2, [](auto) { return std::string(5 * 1024 * 1024, 'a'); });
    EXPECT_EQ(find("a").numbers.size(), 2U);
    EXPECT_EQ(find("a").next, std::nullopt);
}

TEST_F(sqlite_candidates, from_a_damaged_file_are_a_failure) {
    store(3, [](auto) { return "a"; });
    execute("update blocks set texts = x'61'");
    EXPECT_THROW(find("a"), damaged_block);
    execute("delete from blocks");
    EXPECT_THROW(find("a"), damaged_block);
    execute("update signatures set grams = x'00'");
    EXPECT_THROW(find("a"), damaged_block);
    execute("delete from signatures");
    EXPECT_TRUE(find("a").numbers.empty());
}

}  // namespace
}  // namespace confab::search
