#include "base/hex.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace confab {
namespace {

TEST(hex, has_two_lower_case_digits_for_every_byte) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string all;
    std::vector<std::byte> bytes;
    for (unsigned value = 0; value < 256; ++value) {
        bytes.push_back(static_cast<std::byte>(value));
        all += {digits[value / 16], digits[value % 16]};
    }
    EXPECT_EQ(to_hex(bytes), all);
    EXPECT_EQ(to_hex({}), "");
}

TEST(hex, is_appended_behind_the_text) {
    std::string text = "id ";
    append_hex(text, {});
    EXPECT_EQ(text, "id ");
    append_hex(text, std::array{std::byte{0xc0}, std::byte{0x0d}});
    append_hex(text, std::array{std::byte{0x7f}});
    EXPECT_EQ(text, "id c00d7f");
}

}  // namespace
}  // namespace confab
