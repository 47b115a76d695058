#include "core/substring.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "support/random_text.hpp"
#include "support/seed.hpp"

namespace confab::core {
namespace {

using testing::random_text;

TEST(find_substring, finds_where_a_plain_search_finds) {
    std::mt19937_64 random(testing::seed());
    for (int i = 0; i < 20'000; ++i) {
        const auto text = random_text(random, 100, 2), wanted = random_text(random, 9, 2);
        if (wanted.empty()) continue;
        const auto from = std::uniform_int_distribution<std::size_t>(0, text.size())(random);
        ASSERT_EQ(find_substring(text, wanted, from), text.find(wanted, from)) << text << ' ' << wanted;
    }
}

TEST(find_substring, finds_a_piece_that_is_there) {
    std::mt19937_64 random(testing::seed());
    for (int i = 0; i < 20'000; ++i) {
        const auto text = random_text(random, 200, 26);
        if (text.empty()) continue;
        const auto at = std::uniform_int_distribution<std::size_t>(0, text.size() - 1)(random);
        const auto piece = text.substr(at, static_cast<std::size_t>(1 + i % 70));
        ASSERT_EQ(find_substring(text, piece, 0), text.find(piece));
        ASSERT_EQ(find_substring(text, piece, at), at);
    }
}

// One letter repeated, so that almost every position is a candidate: then the search changes its algorithm.
TEST(find_substring, finds_what_comes_after_many_near_misses) {
    for (std::size_t size = 2; size < 600; size += 7) {
        std::string wanted(size, 'a');
        wanted[size / 3] = 'b';
        const auto text = std::string(2'000, 'a') + wanted + std::string(500, 'a') + wanted;
        for (const std::size_t from : {0U, 1U, 1'990U, 2'001U, 2'600U})
            ASSERT_EQ(find_substring(text, wanted, from), text.find(wanted, from)) << size << " from " << from;
        ASSERT_EQ(find_substring(std::string(3'000, 'a'), wanted, 0), std::string::npos) << size;
        ASSERT_EQ(find_substring(text, wanted, std::string::npos), std::string::npos) << size;
    }
}

// After some number of near misses the search changes its algorithm, whichever number that is.
TEST(find_substring, finds_what_comes_after_any_number_of_near_misses) {
    const std::string wanted = "abaaaaaaa";
    for (std::size_t misses = 0; misses < 400; ++misses)
        ASSERT_EQ(find_substring(std::string(misses, 'a') + wanted + std::string(100, 'a'), wanted, 0), misses);
}

// The copies have exact bounds, so that the address sanitizer notices a byte that is read outside of them.
TEST(find_substring, finds_a_match_at_any_place_of_a_text_of_any_length) {
    for (std::size_t size = 2; size < 140; ++size)
        for (const std::size_t length : {2U, 3U, 17U, 64U}) {
            if (length > size) continue;
            const std::string wanted = "<" + std::string(length - 2, '=') + ">";
            const std::vector<char> piece(wanted.begin(), wanted.end());
            for (std::size_t at = 0; at + length <= size; ++at) {
                std::vector<char> text(size, ' ');
                std::ranges::copy(wanted, text.begin() + static_cast<std::ptrdiff_t>(at));
                const auto found = [&](std::size_t from) {
                    return find_substring({text.data(), size}, {piece.data(), length}, from);
                };
                ASSERT_EQ(found(0), at) << size << ' ' << length;
                ASSERT_EQ(found(at), at) << size << ' ' << length;
                ASSERT_EQ(found(at + 1), std::string_view::npos) << size << ' ' << length << ' ' << at;
            }
        }
}

TEST(find_substring, treats_empty_and_short_texts_as_a_plain_search_does) {
    const std::string_view texts[] = {"", "a", "ab", "aba",
                                      "a text of more bytes than one vector has, which ends in ab"};
    for (const auto text : texts)
        for (const auto wanted : {"", "a", "b", "ab", "ba", "abab"})
            for (std::size_t from = 0; from < text.size() + 40; ++from)
                ASSERT_EQ(find_substring(text, wanted, from), text.find(wanted, from)) << text << ' ' << wanted;
}

TEST(find_substring, compares_bytes_without_a_sign_or_an_end) {
    const std::string text = std::string(70, '\xff') + std::string("\0\x80\0\xff", 4) + std::string(70, '\x7f');
    EXPECT_EQ(find_substring(text, std::string_view("\0\x80\0", 3), 0), 70U);
    EXPECT_EQ(find_substring(text, "\x80\x80", 0), std::string_view::npos);
    EXPECT_EQ(find_substring(text, "\xff\x7f", 0), 73U);
}

}  // namespace
}  // namespace confab::core
