#include <gtest/gtest.h>

#include "core/folding.hpp"
#include "core/folding_version.hpp"
#include "core/normalization.hpp"

namespace confab::core {
namespace {

bool is_in(std::string_view query, std::string_view text) {
    return folded_query(query).is_in(text);
}

TEST(folding, ignores_case_in_any_script) {
    EXPECT_TRUE(is_in("straße", "STRASSE"));
    EXPECT_TRUE(is_in("STRASSE", "straße"));
    EXPECT_TRUE(is_in("ΣΊΣΥΦΟΣ", "σίσυφος"));
    EXPECT_TRUE(is_in("привет", "ПРИВЕТ"));
}

TEST(folding, ignores_the_form_of_characters) {
    EXPECT_TRUE(is_in("office", "o\ufb03ce"));        // ligature ffi
    EXPECT_TRUE(is_in("abc", "\uff21\uff22\uff23"));  // full width
    EXPECT_TRUE(is_in("\u00e9", "e\u0301"));          // composed and decomposed
    EXPECT_TRUE(is_in("\uac00", "\u1100\u1161"));     // Hangul syllable and its letters
}

TEST(folding, leaves_out_invisible_characters) {
    const std::pair<const char*, const char*> same[] = {
        {"\u2764", "\u2764\ufe0f"},                          // a heart, with and without its emoji selector
        {"1\u20e3", "1\ufe0f\u20e3"},                        // keycap
        {"+49 30 1234", "\u202a+49\u200e 30 1234\u202c"},    // a telephone number copied from a right-to-left text
        {"invisible", "in\u00advis\u200bi\u200db\u2060le"},  // zero-width hyphen, spaces and joiners
        {"mark", "\ufeffmark\ufeff"},                        // byte order marks
        {"\u845b", "\u845b\U000e0100"},                      // an ideograph and its variation
        {"\u00e9", "e\u034f\u0301"},                         // between a letter and its mark
        {"a\u0323\u0315", "a\u0315\u200d\u0323"},            // between marks, which are reordered
        {"ab", "a\uffa0\u3164b"},                            // Hangul fillers, half width and full width
        {"x", "x\u2065\ufff0\U000e0fff"},                    // unassigned
    };
    for (const auto& [plain, with_them] : same) {
        EXPECT_EQ(fold(plain), fold(with_them)) << plain;
        EXPECT_TRUE(is_in(plain, with_them)) << plain;
        EXPECT_TRUE(is_in(with_them, plain)) << plain;
    }
    EXPECT_EQ(fold("\u200b\ufe0f\u00ad"), "");
}

TEST(folding, of_every_symbol_is_the_same_with_an_emoji_selector) {
    const auto utf8 = [](std::uint32_t c) {
        std::string out;
        normalization::append_utf8(out, static_cast<normalization::code_point>(c));
        return out;
    };
    constexpr std::pair<std::uint32_t, std::uint32_t> symbols[] = {
        {0x23, 0x39}, {0xa9, 0xae}, {0x2000, 0x32ff}, {0x1f000, 0x1fbff}};
    for (const auto& [first, last] : symbols)
        for (auto c = first; c <= last; ++c) {
            const auto plain = utf8(c), with_selector = plain + "\ufe0f";
            ASSERT_EQ(fold(plain), fold(with_selector)) << c;
        }
}

// Canonically equivalent: the mark that folds to a letter is at another position.
TEST(folding, is_the_same_for_equivalent_texts) {
    EXPECT_EQ(fold("\u03b1\u0345\u0301"), fold("\u03b1\u0301\u0345"));
    EXPECT_EQ(fold("\u1fb4"), fold("\u03b1\u0345\u0301"));
    EXPECT_EQ(fold("\u1fb3"), fold("\u0391\u0399"));
}

TEST(folding, has_a_version_that_names_its_tables) {
    EXPECT_NE(folding_version().find("Unicode " + std::string(utf8proc_unicode_version())), std::string::npos);
}

TEST(folding, keeps_diacritics) {
    EXPECT_FALSE(is_in("e", "\u00e9"));
    EXPECT_FALSE(is_in("uber", "über"));
}

// Marks in any order are the same text. A slow algorithm would not finish here.
TEST(folding, of_endless_marks_is_in_canonical_order) {
    std::string mixed = "a", ordered = "a";
    for (int i = 0; i < 16'000; ++i) mixed += "\u0315";
    for (int i = 0; i < 16'000; ++i) mixed += "\u0323", ordered += "\u0323";
    for (int i = 0; i < 16'000; ++i) ordered += "\u0315";
    EXPECT_EQ(fold(mixed), fold(ordered));
    std::string expanding;
    for (int i = 0; i < 20'000; ++i) expanding += "\u0f73";  // a mark that decomposes into two
    EXPECT_EQ(fold(expanding).size(), expanding.size() * 2);
}

TEST(folding, knows_no_operators) {
    EXPECT_TRUE(is_in("50%_*", "exactly 50%_* off"));
    EXPECT_FALSE(is_in("%", "fifty percent"));
    EXPECT_FALSE(is_in("a*c", "abc"));
    EXPECT_TRUE(is_in("\"'\\", "a\"'\\b"));
}

}  // namespace
}  // namespace confab::core
