#include "core/ids.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace confab::core {
namespace {

TEST(number, of_a_path_is_plain_digits_from_1_to_the_last) {
    EXPECT_EQ(parse_number<chat_number>("1"), chat_number(1));
    EXPECT_EQ(parse_number<chat_number>("4294967295"), chat_number(number_max));
    for (const auto* text :
         {"", "0", "01", "-1", "+1", " 1", "1 ", "1x", "1.0", "4294967296", "9999999999", "99999999999999999999", "١"})
        EXPECT_FALSE(parse_number<chat_number>(text)) << text;
}

TEST(app_token, parses_what_it_makes_and_nothing_else) {
    const auto made = app_token::make();
    EXPECT_EQ(app_token::parse(made.text()), made);
    EXPECT_FALSE(app_token::parse(std::string(made.text()) + "x"));
    EXPECT_FALSE(app_token::parse(std::string(23, 'a')));
    EXPECT_FALSE(app_token::parse(""));
    for (const char c : {'-', '_', '/', ':', '@', '[', '`', '{', ' ', '\0', '\x7f', '\xe4'})
        for (const std::size_t at : {0U, 12U, 23U}) {
            std::string text(24, 'a');
            text[at] = c;
            EXPECT_FALSE(app_token::parse(text)) << ::testing::PrintToString(text);
        }
}

TEST(app_token, is_case_sensitive_and_hashed_by_its_text) {
    const std::string text = "az19AZbcdefghjkmnpqrstuv", other = "AZ19azbcdefghjkmnpqrstuv";
    const auto token = app_token::parse(text), same = app_token::parse(text), second = app_token::parse(other);
    ASSERT_TRUE(token && same && second);
    EXPECT_EQ(*token, *same);
    EXPECT_EQ(std::hash<app_token>{}(*token), std::hash<app_token>{}(*same));
    EXPECT_NE(*token, *second);
    EXPECT_EQ(token->text(), text);
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
    for (const char confusing : {'0', 'O', 'I', 'l'}) EXPECT_FALSE(count.contains(confusing)) << confusing;
    for (const auto& [c, times] : count) EXPECT_NEAR(times, 5'000 * 24 / 58.0, 500) << c;  // 11 standard deviations
}

TEST(job_id, never_comes_twice) {
    std::set<job_id> seen;
    for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(seen.insert(make_job_id()).second);
}

}  // namespace
}  // namespace confab::core
