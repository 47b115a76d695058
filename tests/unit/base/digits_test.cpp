#include "base/digits.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace confab {
namespace {

std::string with_number(std::string text, std::uint64_t value, int base = 10) {
    append_number(text, value, base);
    return text;
}

TEST(digits, are_appended_without_a_leading_zero) {
    EXPECT_EQ(with_number("", 0), "0");
    EXPECT_EQ(with_number("n=", 10), "n=10");
    EXPECT_EQ(with_number("", std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
    std::uint64_t power = 1;
    for (std::size_t digits = 1; digits < 20; ++digits, power *= 10)
        for (const auto value : {power, power * 9 + (power - 1)}) {
            EXPECT_EQ(with_number("", value).size(), digits) << value;
            EXPECT_EQ(with_number("", value), std::to_string(value));
        }
}

TEST(digits, may_be_of_another_base) {
    EXPECT_EQ(with_number("", 0, 16), "0");
    EXPECT_EQ(with_number("0x", 0xbeef, 16), "0xbeef");
    EXPECT_EQ(with_number("", std::numeric_limits<std::uint64_t>::max(), 16), "ffffffffffffffff");
    EXPECT_EQ(with_number("", std::numeric_limits<std::uint64_t>::max(), 2), std::string(64, '1'));
}

TEST(digits, are_ascii_only) {
    EXPECT_TRUE(is_digits("0"));
    EXPECT_TRUE(is_digits(std::string(100, '9')));
    for (const auto* text : {"", "-1", "1 ", "1a", "/", ":", "\xff", "١"}) EXPECT_FALSE(is_digits(text)) << text;
}

}  // namespace
}  // namespace confab
