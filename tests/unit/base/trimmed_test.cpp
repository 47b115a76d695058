#include "base/trimmed.hpp"

#include <gtest/gtest.h>

#include <string>

namespace confab {
namespace {

TEST(a_trimmed_text, has_no_white_space_at_its_ends) {
    for (const std::string_view text : {"a", "a b", "a \t b", "a\r\n", "\u00a0a", "\va"})
        for (const std::string before : {"", " ", "\t", " \t \t"})
            for (const std::string after : {"", " ", "\t", " \t \t"}) {
                const auto whole = before + std::string(text) + after;
                EXPECT_EQ(trimmed(whole), text);
            }
    for (const auto* text : {"", " ", "\t", " \t \t"}) EXPECT_EQ(trimmed(text), "");
}

TEST(a_trimmed_text, is_a_view_into_the_text) {
    const std::string_view text = " a ";
    EXPECT_EQ(trimmed(text).data(), text.data() + 1);
    EXPECT_EQ(trimmed(std::string_view("a\0 ", 3)), std::string_view("a\0", 2));
}

TEST(a_trimmed_text, may_lose_other_characters) {
    EXPECT_EQ(trimmed("\r\n a\t\r\n", " \t\r\n"), "a");
    EXPECT_EQ(trimmed("\ta ", " "), "\ta");
    EXPECT_EQ(trimmed(" a ", ""), " a ");
}

}  // namespace
}  // namespace confab
