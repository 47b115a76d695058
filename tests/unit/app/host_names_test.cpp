#include "app/host_names.hpp"

#include <gtest/gtest.h>

#include "app/options.hpp"

namespace confab::app {
namespace {

using names = std::vector<std::string>;

std::string refusal(std::string_view text) {
    try {
        parse_host_names(text);
    } catch (const usage_error& cause) {
        return cause.what();
    }
    return "";
}

TEST(host_names, are_separated_by_commas_and_compare_without_case_and_last_dot) {
    EXPECT_EQ(parse_host_names(""), names{});
    EXPECT_EQ(parse_host_names("chat.example"), names{"chat.example"});
    EXPECT_EQ(parse_host_names(" Chat.Example. ,front,, xn--mnchen-3ya.example\t"),
              (names{"chat.example", "front", "xn--mnchen-3ya.example"}));
}

TEST(host_names, that_are_none_are_refused_by_their_text) {
    for (const auto* text : {"chat.example:3000", "http://chat.example", "*", "*.example", ".example", ".", "a b",
                             "a;b", "a/b", "u@b", "münchen.example", "[::1]"}) {
        EXPECT_EQ(refusal(text).find("allowed-hosts has '" + std::string(text) + "'"), 0U) << refusal(text);
        EXPECT_EQ(refusal("ok.example, " + std::string(text) + " ,last"), refusal(text));
    }
}

TEST(host_names, may_be_missing_between_commas) {
    for (const auto* text : {"", " ", ",", ", ,\t,"}) EXPECT_EQ(parse_host_names(text), names{}) << text;
    EXPECT_EQ(parse_host_names(",a,"), names{"a"});
}

TEST(host_names, have_letters_digits_hyphens_underscores_and_dots) {
    int valid = 0;
    for (int c = -128; c < 128; ++c) {
        if (c == ',') continue;
        const std::string name = {'a', static_cast<char>(c), 'z'};
        if (!refusal(name).empty()) continue;
        ++valid;
        EXPECT_EQ(parse_host_names(parse_host_names(name).at(0)), parse_host_names(name)) << name;
    }
    EXPECT_EQ(valid, 26 + 26 + 10 + 3);
}

TEST(host_names, lose_one_dot_at_the_end_and_none_in_between) {
    EXPECT_EQ(parse_host_names("a.b.c.,d"), (names{"a.b.c", "d"}));
    EXPECT_EQ(parse_host_names("A,a"), (names{"a", "a"}));
}

}  // namespace
}  // namespace confab::app
