#include "core/highlight.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <random>
#include <string>

#include "support/seed.hpp"

namespace confab::core {
namespace {

// Puts matches in brackets.
std::string marked(std::string_view text, std::string_view query) {
    std::string all;
    for (const auto& f : fragments_of(text, folded_query(query))) {
        if (f.is_match)
            all.append("[").append(f.text).append("]");
        else
            all.append(f.text);
    }
    return all;
}

std::string utf8(char32_t c) {
    if (c < 0x80) return {static_cast<char>(c)};
    if (c < 0x800) return {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
    if (c < 0x10000)
        return {static_cast<char>(0xe0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 63)),
                static_cast<char>(0x80 | (c & 63))};
    return {static_cast<char>(0xf0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 63)),
            static_cast<char>(0x80 | (c >> 6 & 63)), static_cast<char>(0x80 | (c & 63))};
}

TEST(highlight, marks_every_match_in_the_original) {
    EXPECT_EQ(marked("A cat, a CAT and a cAtcat", "cat"), "A [cat], a [CAT] and a [cAtcat]");
    EXPECT_EQ(marked("aaaa", "aaa"), "[aaa]a");
    EXPECT_EQ(marked("x", "x"), "[x]");
    EXPECT_EQ(marked("nothing here", "q"), "nothing here");
}

TEST(highlight, takes_whole_characters) {
    EXPECT_EQ(marked("Stra\u00dfe", "s"), "[S]tra[\u00df]e");
    EXPECT_EQ(marked("Stra\u00dfe", "ASSE"), "Str[a\u00dfe]");
    EXPECT_EQ(marked("o\ufb03ce", "fi"), "o[\ufb03]ce");
    EXPECT_EQ(marked("caf\u00e9 cafe\u0301!", "CAF\u00c9"), "[caf\u00e9] [cafe\u0301]!");
    EXPECT_EQ(marked("\u1112\u1161\u11ab\u1100\u1173\u11af", "\ud55c"), "[\u1112\u1161\u11ab]\u1100\u1173\u11af");
    EXPECT_EQ(marked("\uff21\uff22c", "bc"), "\uff21[\uff22c]");
}

TEST(highlight, gives_invisible_characters_to_the_one_before_them) {
    EXPECT_EQ(marked("a\u200db", "a"), "[a\u200d]b");
    EXPECT_EQ(marked("a\u200db", "b"), "a\u200d[b]");
    EXPECT_EQ(marked("\u2764\ufe0f!", "\u2764"), "[\u2764\ufe0f]!");
    EXPECT_EQ(marked("so\u00adft", "SOFT"), "[so\u00adft]");
    EXPECT_EQ(marked("so\u00adft", "o"), "s[o\u00ad]ft");
    EXPECT_EQ(marked("e\u034f\u0301!", "\u00e9"), "[e\u034f\u0301]!");
    EXPECT_EQ(marked("\ufeffab", "a"), "\ufeff[a]b");  // there is no text before it
    EXPECT_EQ(marked("\ufeff\u200b", "a"), "\ufeff\u200b");
}

// For any text: the fragments add up to the text. There is a match if and only if the text contains the query. Every
// match, or its run, contains the query.
TEST(highlight, agrees_with_search_on_random_texts) {
    std::mt19937_64 random(testing::seed());
    const std::pair<char32_t, char32_t> ranges[] = {
        {'A', 'z'},       {0xc0, 0x17f},    {0x300, 0x345},   {0x370, 0x3ff},     {0x1100, 0x11ff},
        {0xac00, 0xac80}, {0xfb00, 0xfb06}, {0xff21, 0xff3a}, {0x1f600, 0x1f610}, {0x0f71, 0x0f81},
        {0x1e00, 0x1eff}, {0xad, 0xad},     {0x34f, 0x34f},   {0x200b, 0x200f},   {0xfe00, 0xfe0f}};
    const auto text_of = [&](std::size_t length) {
        std::string text;
        for (std::size_t i = 0; i < length; ++i) {
            const auto [first, last] = ranges[random() % std::size(ranges)];
            text += utf8(first + static_cast<char32_t>(random() % (last - first + 1)));
        }
        return text;
    };
    for (int i = 0; i < 5000; ++i) {
        const auto text = text_of(1 + random() % 12);
        const auto query = text_of(1 + random() % 2);
        if (fold(query).empty()) continue;
        std::string all;
        bool any = false, empty = false;
        for (const auto& f : fragments_of(text, folded_query(query))) {
            all += f.text;
            any |= f.is_match;
            empty |= f.text.empty();
            if (f.is_match) {
                ASSERT_TRUE(folded_query(query).is_in(f.text)) << text << " / " << query;
            }
        }
        ASSERT_EQ(all, text);
        ASSERT_FALSE(empty);
        ASSERT_EQ(any, folded_query(query).is_in(text)) << text << " / " << query;
    }
}

TEST(highlight, of_a_query_that_folds_to_nothing_ends_the_process) {
    EXPECT_EXIT(fragments_of("text", folded_query("\u200b")), ::testing::KilledBySignal(SIGABRT), "");
}

}  // namespace
}  // namespace confab::core
