#include "core/segments.hpp"

#include <gtest/gtest.h>

#include <random>

#include "core/folding.hpp"
#include "core/normalization.hpp"
#include "support/seed.hpp"

namespace confab::core {
namespace {

using texts = std::vector<std::string_view>;

std::string utf8(char32_t c) {
    std::string out;
    normalization::append_utf8(out, static_cast<normalization::code_point>(c));
    return out;
}

texts originals(std::string_view text) {
    texts all;
    for (const auto& s : segmented(text).segments) all.push_back(s.original);
    return all;
}

TEST(segments, of_an_ascii_text_are_its_characters) {
    EXPECT_EQ(originals(""), texts{});
    const auto split = segmented("aB c");
    EXPECT_EQ(split.folded, "ab c");
    ASSERT_EQ(split.segments.size(), 4U);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(split.segments[i].folded_end, i + 1);
    EXPECT_EQ(originals("aB c"), (texts{"a", "B", " ", "c"}));
}

TEST(segments, begin_at_characters_that_fold_independently) {
    EXPECT_EQ(originals("e\u0301\u0323!"), (texts{"e\u0301\u0323", "!"}));  // a letter and its marks
    EXPECT_EQ(originals("\u1112\u1161\u11ab\u1100"), (texts{"\u1112\u1161\u11ab", "\u1100"}));  // a syllable
    EXPECT_EQ(originals("\u00dfx"), (texts{"\u00df", "x"}));                                    // folds to two letters
    EXPECT_EQ(originals("\u00e9\u00e9"), (texts{"\u00e9", "\u00e9"}));
    EXPECT_EQ(originals("a\u200db"), (texts{"a\u200d", "b"}));      // an invisible character
    EXPECT_EQ(originals("\u0301a"), (texts{"\u0301", "a"}));        // a mark without a letter
    EXPECT_EQ(originals("\ufeff\u200b"), (texts{"\ufeff\u200b"}));  // folds to nothing
}

// Highlighting and search fold texts in the same way.
TEST(segments, fold_as_search_does) {
    for (char32_t c = 1; c < 0xe1000; ++c) {
        if ((c >= 0xd800 && c < 0xe000) || (c >= 0x20000 && c < 0xe0000)) continue;  // surrogates and ideographs
        for (const auto& text : {utf8(c), "a" + utf8(c) + "\u0301b", "\u1112\u1161" + utf8(c) + "\u0323" + utf8(c)})
            ASSERT_EQ(segmented(text).folded, fold(text)) << static_cast<unsigned>(c);
    }
}

TEST(segments, of_a_random_text_fold_alone_as_they_do_in_it) {
    std::mt19937_64 random(testing::seed());
    const std::pair<char32_t, char32_t> ranges[] = {
        {' ', '~'},       {0xc0, 0x17f},    {0x300, 0x345},   {0x370, 0x3ff}, {0x1100, 0x11ff}, {0xac00, 0xac80},
        {0x1f70, 0x1fff}, {0xfb00, 0xfb06}, {0x0f71, 0x0f81}, {0xad, 0xad},   {0x200b, 0x200f}, {0x1f600, 0x1f610}};
    for (int i = 0; i < 5'000; ++i) {
        std::string text;
        for (auto left = random() % 20; left > 0; --left) {
            const auto [first, last] = ranges[random() % std::size(ranges)];
            text += utf8(first + static_cast<char32_t>(random() % (last - first + 1)));
        }
        const auto split = segmented(text);
        ASSERT_EQ(split.folded, fold(text)) << text;
        std::string all;
        std::size_t begin = 0;
        for (const auto& s : split.segments) {
            ASSERT_FALSE(s.original.empty()) << text;
            ASSERT_EQ(fold(s.original), split.folded.substr(begin, s.folded_end - begin)) << text;
            all += s.original;
            begin = s.folded_end;
        }
        ASSERT_EQ(all, text);
        ASSERT_EQ(begin, split.folded.size()) << text;
    }
}

}  // namespace
}  // namespace confab::core
