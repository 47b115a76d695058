#include <gtest/gtest.h>

#include "core/folding.hpp"

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

TEST(folding, keeps_diacritics) {
    EXPECT_FALSE(is_in("e", "\u00e9"));
    EXPECT_FALSE(is_in("uber", "über"));
}

// Marks in any order are the same text, however many there are: this ends in an instant, or not at all.
TEST(folding, of_endless_marks_is_in_canonical_order) {
    std::string mixed = "a", ordered = "a";
    for (int i = 0; i < 16'000; ++i) mixed += "\u0315";
    for (int i = 0; i < 16'000; ++i) mixed += "\u0323", ordered += "\u0323";
    for (int i = 0; i < 16'000; ++i) ordered += "\u0315";
    EXPECT_EQ(fold(mixed), fold(ordered));
    std::string expanding;
    for (int i = 0; i < 20'000; ++i) expanding += "\u0f73";  // a mark that is made of two
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
