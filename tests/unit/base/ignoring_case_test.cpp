#include "base/ignoring_case.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace confab {
namespace {

// The copies have exact bounds, so that the address sanitizer notices a byte that is read behind them.
bool are_equal_ignoring_case(std::string_view a, std::string_view b) {
    const std::vector<char> left(a.begin(), a.end()), right(b.begin(), b.end());
    return equals_ignoring_case({left.data(), left.size()}, {right.data(), right.size()});
}

TEST(ignoring_case, only_ascii_letters_are_equal_in_both_cases) {
    EXPECT_TRUE(are_equal_ignoring_case("Content-TYPE", "content-type"));
    EXPECT_TRUE(are_equal_ignoring_case("", ""));
    EXPECT_FALSE(are_equal_ignoring_case("gzip", "gzi"));
    EXPECT_FALSE(are_equal_ignoring_case("gzip", "gzap"));
    EXPECT_FALSE(are_equal_ignoring_case("[", "{"));
    EXPECT_FALSE(are_equal_ignoring_case("@", "`"));
    EXPECT_FALSE(are_equal_ignoring_case("\u00c4", "\u00e4"));
}

TEST(ascii_lower, changes_only_the_26_capital_letters) {
    int changed = 0;
    for (int c = -128; c < 128; ++c) {
        const auto given = static_cast<char>(c), lower = ascii_lower(given);
        EXPECT_EQ(ascii_lower(lower), lower) << c;
        if (lower == given) continue;
        EXPECT_TRUE(given >= 'A' && given <= 'Z' && lower >= 'a' && lower <= 'z') << c;
        ++changed;
    }
    EXPECT_EQ(changed, 26);
}

}  // namespace
}  // namespace confab
