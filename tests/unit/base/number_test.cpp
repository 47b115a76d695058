#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/ids.hpp"

namespace confab::core {
namespace {

TEST(number, of_a_path_is_plain_digits_from_1_to_the_last) {
    EXPECT_EQ(parse_number<chat_number>("1"), chat_number(1));
    EXPECT_EQ(parse_number<chat_number>("4294967295"), chat_number(number_max));
    for (const auto* text :
         {"", "0", "01", "-1", "+1", " 1", "1 ", "1x", "1.0", "4294967296", "99999999999999999999", "١"})
        EXPECT_FALSE(parse_number<chat_number>(text)) << text;
}

TEST(app_token, parses_what_it_makes_and_nothing_else) {
    const auto made = app_token::make();
    EXPECT_EQ(app_token::parse(made.text()), made);
    EXPECT_FALSE(app_token::parse(std::string(made.text()) + "x"));
    EXPECT_FALSE(app_token::parse(std::string(23, 'a')));
    EXPECT_FALSE(app_token::parse(std::string(23, 'a') + "-"));
}

TEST(app_token, never_comes_twice) {
    std::set<std::string> seen;
    for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.emplace(app_token::make().text()).second);
}

TEST(app_token, uses_its_whole_alphabet_evenly) {
    std::map<char, int> count;
    for (int i = 0; i < 5'000; ++i)
        for (const char c : std::string(app_token::make().text())) ++count[c];
    EXPECT_EQ(count.size(), 58U);
    for (const auto& [c, times] : count) EXPECT_NEAR(times, 5'000 * 24 / 58, 500) << c;  // 11 standard deviations
}

}  // namespace
}  // namespace confab::core
