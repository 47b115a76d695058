#include "search/sqlite/block.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include "support/random_text.hpp"
#include "support/seed.hpp"

namespace confab::search {
namespace {

using core::message_number;
using testing::random_text;

std::vector<indexed_text> some_texts(std::uint64_t first, std::size_t count, std::mt19937_64& random) {
    std::vector<indexed_text> texts;
    for (std::size_t i = 0; i < count; ++i)
        texts.push_back(
            {message_number(first + i), 1 + i * i % 300, random_text(random, i % 50 == 0 ? 40'000 : 90, 5)});
    return texts;
}

TEST(block, gives_back_what_was_packed) {
    std::mt19937_64 random(testing::seed());
    const auto texts = some_texts(1'000, 700, random);
    std::vector<indexed_text> back;
    for (const auto& b : pack(texts)) {
        EXPECT_EQ(b.first.value(), 1'000 + back.size());
        const auto part = unpack(b.first, b.entries, b.texts);
        EXPECT_TRUE(part.size() == 1 || b.entries.size() + b.texts.size() <= block_bytes_max);
        back.insert(back.end(), part.begin(), part.end());
    }
    EXPECT_EQ(back, texts);
}

TEST(block, returns_exactly_the_messages_that_contain_a_text) {
    std::mt19937_64 random(testing::seed());
    const auto texts = some_texts(1, 400, random);
    for (const auto* query : {"a", "ab", "abc", "eee", "abcde", "aaaaaaaaaa", "x"}) {
        std::vector<message_number> found, expected;
        for (const auto& b : pack(texts))
            for (const auto number : numbers_in(b.first, b.entries, b.texts, core::folded_query(query)))
                found.push_back(number);
        for (const auto& t : texts)
            if (t.text.find(query) != std::string::npos) expected.push_back(t.number);
        EXPECT_EQ(found, expected) << query;
    }
}

TEST(block, finds_no_text_across_two_messages) {
    const std::vector<indexed_text> texts{{message_number(1), 1, "ab"}, {message_number(2), 1, "cd"}};
    const auto b = pack(texts).front();
    EXPECT_TRUE(numbers_in(b.first, b.entries, b.texts, core::folded_query("bc")).empty());
}

TEST(block, that_is_damaged_is_detected) {
    const std::vector<indexed_text> texts{{message_number(1), 1, "first"}, {message_number(2), 1, "second"}};
    const auto b = pack(texts).front();
    const auto expect_damage = [&](std::string entries, std::string all) {
        EXPECT_THROW(unpack(b.first, entries, all), damaged_block);
    };
    expect_damage(b.entries, b.texts.substr(0, b.texts.size() - 1));
    expect_damage(b.entries.substr(0, b.entries.size() - 1), b.texts);
    expect_damage(b.entries, "x" + b.texts);
    expect_damage(std::string(12, '\xff'), b.texts);
    expect_damage("", "");
    expect_damage("", b.texts);
    expect_damage(b.entries, b.texts + '\0');
    EXPECT_THROW(numbers_in(b.first, b.entries.substr(0, 2), b.texts, core::folded_query("second")), damaged_block);
}

TEST(block, is_full_at_its_limit_and_a_longer_text_has_one_alone) {
    const auto of_size = [](std::uint64_t number, std::size_t size) {
        return indexed_text{message_number(number), 1, std::string(size, 'a')};
    };
    // An entry has one byte for the version and two for the length; the text has a byte at its end.
    const std::size_t half = block_bytes_max / 2 - 4;
    EXPECT_EQ(pack(std::vector{of_size(1, half), of_size(2, half)}).size(), 1U);
    EXPECT_EQ(pack(std::vector{of_size(1, half), of_size(2, half + 1)}).size(), 2U);
    EXPECT_EQ(pack(std::vector{of_size(1, 0), of_size(2, block_bytes_max), of_size(3, 0)}).size(), 3U);
    EXPECT_TRUE(pack({}).empty());
}

TEST(block, keeps_versions_and_lengths_of_any_size) {
    std::vector<indexed_text> texts;
    for (const auto version : {0ULL, 1ULL, 127ULL, 128ULL, 16'384ULL, 0xffff'ffff'ffff'ffffULL})
        texts.push_back({message_number(1 + texts.size()), version, std::string(texts.size() * 127, 'a')});
    const auto blocks = pack(texts);
    ASSERT_EQ(blocks.size(), 1U);
    EXPECT_EQ(unpack(blocks[0].first, blocks[0].entries, blocks[0].texts), texts);
}

TEST(block, is_searched_with_a_query_only) {
    EXPECT_EXIT(numbers_in(message_number(1), "", "", core::folded_query("")), ::testing::KilledBySignal(SIGABRT), "");
}

}  // namespace
}  // namespace confab::search
