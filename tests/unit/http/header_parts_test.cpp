#include "http/header_parts.hpp"

#include <gtest/gtest.h>

#include "support/random_text.hpp"
#include "support/seed.hpp"

namespace confab::http {
namespace {

using elements = std::vector<std::string_view>;

elements elements_of(std::string_view list) {
    elements all;
    while (!list.empty()) all.push_back(take_element(list));
    return all;
}

TEST(a_header_list, is_split_at_commas_outside_of_quotes) {
    EXPECT_EQ(elements_of("a"), (elements{"a"}));
    EXPECT_EQ(elements_of("a, b;c=1 ,d"), (elements{"a", " b;c=1 ", "d"}));
    EXPECT_EQ(elements_of(R"(a="x,y", b)"), (elements{R"(a="x,y")", " b"}));
    EXPECT_EQ(elements_of(R"(a="\",", b)"), (elements{R"(a="\",")", " b"}));
    EXPECT_EQ(elements_of(R"(a=\",b",c)"), (elements{R"(a=\",b")", "c"}));
    EXPECT_EQ(elements_of(",,a,"), (elements{"", "", "a"}));
    std::string_view nothing;
    EXPECT_EQ(take_element(nothing), "");
}

TEST(a_header_list, with_a_quoted_string_that_does_not_end_has_one_element_more) {
    EXPECT_EQ(elements_of(R"(a, "b, c)"), (elements{"a", R"( "b, c)"}));
    EXPECT_EQ(elements_of(R"(a, "b, c\)"), (elements{"a", R"( "b, c\)"}));
}

TEST(a_header_list, loses_nothing_when_it_is_split) {
    std::mt19937_64 random(testing::seed());
    for (int i = 0; i < 2'000; ++i) {
        auto list = testing::random_text(random, 12, 4);
        for (char& c : list) c = R"(a,"\)"[c - 'a'];
        std::string joined;
        for (const auto element : elements_of(list)) joined.append(element).append(",");
        EXPECT_TRUE(joined == list + "," || joined == list) << list;  // no element begins after a last comma
    }
}

TEST(a_header_element, has_parts_with_and_without_a_value) {
    EXPECT_EQ(parse_header_parts(" gzip "), (header_parts{{"gzip", ""}}));
    EXPECT_EQ(parse_header_parts("gzip;"), (header_parts{{"gzip", ""}}));
    EXPECT_EQ(parse_header_parts("gzip ; Q=0.5"), (header_parts{{"gzip", ""}, {"Q", "0.5"}}));
    EXPECT_EQ(parse_header_parts("wait=5"), (header_parts{{"wait", "5"}}));
    EXPECT_EQ(parse_header_parts(R"(form-data; name="a\"b; c"; x="")"),
              (header_parts{{"form-data", ""}, {"name", "a\"b; c"}, {"x", ""}}));
    EXPECT_EQ(parse_header_parts("a;end"), (header_parts{{"a", ""}, {"end", ""}}));
}

TEST(a_header_element, that_is_empty_or_not_well_formed_has_no_parts) {
    for (const auto* text : {"", " ", ";", " ; ", "q=", "a;q=", "a;b=c/d", "a;=c", "=c", "a/b", "\"a\"", "a;b=\"c",
                             "a;b=\"c\"d", "a b", "a;b=c=d", "a;b=\xc3\xa9"})
        EXPECT_EQ(parse_header_parts(text), std::nullopt) << text;
}

}  // namespace
}  // namespace confab::http
