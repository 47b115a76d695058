#include "http/message.hpp"

#include <gtest/gtest.h>

namespace confab::http {
namespace {

TEST(a_verb, has_its_name_unless_it_is_another_one) {
    EXPECT_EQ(name_of(verb::get), "GET");
    EXPECT_EQ(name_of(verb::head), "HEAD");
    EXPECT_EQ(name_of(verb::post), "POST");
    EXPECT_EQ(name_of(verb::put), "PUT");
    EXPECT_EQ(name_of(verb::delete_), "DELETE");
    EXPECT_EQ(name_of(verb::options), "OPTIONS");
    EXPECT_EQ(name_of(verb::other), "");
}

TEST(a_request, finds_its_headers_whatever_their_case) {
    const request r{verb::get, "/", {{"Prefer", "a"}, {"Accept", "x"}, {"PREFER", "b, c"}, {"prefer", ""}}, {}, {}};
    EXPECT_EQ(r.find("pREFER"), "a");
    EXPECT_EQ(r.count("prefer"), 3U);
    EXPECT_EQ(r.list("prefer"), "a, b, c, ");
    EXPECT_EQ(r.find("accept"), "x");
    EXPECT_EQ(r.list("accept"), "x");
    for (const auto* other : {"Prefe", "Prefers", "", "Host"}) {
        EXPECT_EQ(r.find(other), std::nullopt) << other;
        EXPECT_EQ(r.count(other), 0U) << other;
        EXPECT_EQ(r.list(other), std::nullopt) << other;
    }
}

TEST(a_response, has_its_headers_in_wire_format_and_in_order) {
    header_lines lines;
    EXPECT_EQ(lines.text(), "");
    lines.add("Link", "</a>");
    lines.add("Link", "");
    EXPECT_EQ(lines.text(), "Link: </a>\r\nLink: \r\n");
}

TEST(a_response, of_json_has_its_type) {
    const auto r = json_response(201, "{}");
    EXPECT_EQ(r.status, 201U);
    EXPECT_EQ(r.content_type, "application/json");
    EXPECT_EQ(r.body, "{}");
    EXPECT_FALSE(r.more);
}

}  // namespace
}  // namespace confab::http
