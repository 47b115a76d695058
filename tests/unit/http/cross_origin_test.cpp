#include "http/cross_origin.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace confab::http {
namespace {

const std::vector<std::string> no_names;
const std::vector<std::string> names{"chat.example", "front"};

std::optional<problem_kind> kind_of(const std::optional<problem>& p) {
    return p ? std::optional(p->kind) : std::nullopt;
}

std::optional<problem_kind> refusal(verb method, std::string_view target, std::vector<request_header> headers,
                                    const std::vector<std::string>& allowed) {
    return kind_of(cross_origin_problem({method, target, std::move(headers), {}, {}}, allowed));
}

const verb every_verb[] = {verb::get, verb::head, verb::post, verb::put, verb::delete_, verb::options, verb::other};

TEST(host, that_is_an_address_or_localhost_or_allowed_is_let_pass) {
    for (const auto* host : {"127.0.0.1", "127.0.0.1:3000", "192.168.1.7", "8.8.8.8:80", "[::1]", "[::1]:3000",
                             "[2001:db8::7]:81", "localhost", "localhost:3000", "LOCALHOST", "localhost.:1", "", ":80",
                             "chat.example", "Chat.Example:443", "chat.example.", "front:80"})
        for (const auto method : every_verb)
            EXPECT_EQ(refusal(method, "/apps", {{"hOST", host}}, names), std::nullopt) << host;
}

TEST(host, that_is_another_name_is_misdirected) {
    for (const auto* host : {"evil.example",
                             "evil.example:3000",
                             "localhost.evil.example",
                             "evil-localhost",
                             "app.localhost",
                             "xlocalhost",
                             "localhost..",
                             "127.0.0.1.evil.example",
                             "127.0.0.1.",
                             "127.1",
                             "2130706433",
                             "0x7f.0.0.1",
                             "%6cocalhost",
                             "www.chat.example",
                             "chat.exampl",
                             "xchat.example",
                             "chat.example..",
                             "fron",
                             "back",
                             "*"})
        for (const auto method : every_verb)
            EXPECT_EQ(refusal(method, "/apps", {{"Host", host}}, names), problem_kind::misdirected) << host;
    EXPECT_EQ(refusal(verb::get, "/apps", {{"Host", "chat.example"}}, no_names), problem_kind::misdirected);
}

TEST(host, of_a_whole_url_counts_instead_of_the_header) {
    EXPECT_EQ(refusal(verb::get, "http://evil.example/apps", {{"Host", "localhost"}}, names),
              problem_kind::misdirected);
    EXPECT_EQ(refusal(verb::get, "https://evil.example", {}, names), problem_kind::misdirected);
    EXPECT_EQ(refusal(verb::get, "http://localhost:3000/apps", {{"Host", "evil.example"}}, names), std::nullopt);
    EXPECT_EQ(refusal(verb::get, "http://front?x=http://evil.example/", {{"Host", "evil.example"}}, names),
              std::nullopt);
    EXPECT_EQ(refusal(verb::options, "*", {{"Host", "evil.example"}}, names), problem_kind::misdirected);
    EXPECT_EQ(refusal(verb::options, "*", {{"Host", "front"}}, names), std::nullopt);
}

TEST(host, that_is_missing_in_http_1_0_is_let_pass) {
    EXPECT_EQ(refusal(verb::post, "/apps", {}, no_names), std::nullopt);
    EXPECT_EQ(refusal(verb::post, "/apps", {{"Origin", "http://localhost"}}, no_names), problem_kind::cross_origin);
}

TEST(refused_host, names_the_option) {
    const auto rejection = cross_origin_problem({verb::get, "/", {{"Host", "evil.example:81"}}, {}, {}}, no_names);
    EXPECT_NE(rejection->detail.find("'evil.example'"), std::string::npos);
    EXPECT_NE(rejection->detail.find("--allowed-hosts"), std::string::npos);
}

struct origin_case {
    const char *origin, *host;
    bool is_same;
};

const origin_case origins[] = {
    {"http://localhost:3000", "localhost:3000", true},
    {"http://LocalHost:3000", "LOCALHOST:3000", true},
    {"http://localhost", "localhost", true},
    {"http://localhost", "localhost:80", true},
    {"http://localhost:80", "localhost", true},
    {"https://localhost", "localhost", true},  // a proxy terminated TLS
    {"https://localhost", "localhost:443", true},
    {"https://chat.example:8443", "chat.example:8443", true},
    {"http://[::1]:3000", "[::1]:3000", true},
    {"http://127.0.0.1:3000", "127.0.0.1:3000", true},
    {"http://localhost:3000", "127.0.0.1:3000", false},
    {"http://127.0.0.1:3000", "localhost:3000", false},
    {"http://localhost:3001", "localhost:3000", false},
    {"http://localhost", "localhost:3000", false},
    {"http://localhost:3000", "localhost", false},
    {"https://localhost", "localhost:80", false},
    {"http://localhost", "localhost:443", false},
    {"http://evil.example", "localhost:3000", false},
    {"http://evil.example:3000", "localhost:3000", false},
    {"https://evil.example", "chat.example", false},
    {"http://localhost.evil.example:3000", "localhost:3000", false},
    {"null", "localhost:3000", false},
    {"", "localhost:3000", false},
    {"localhost:3000", "localhost:3000", false},
    {"//localhost:3000", "localhost:3000", false},
    {"file://", "localhost:3000", false},
    {"chrome-extension://localhost:3000", "localhost:3000", false},
    {"http://localhost:3000/", "localhost:3000", false},
    {"http://evil@localhost:3000", "localhost:3000", false},
    {"http://localhost:3000 http://evil.example", "localhost:3000", false},
    {"http://localhost:x", "localhost", false},
    {"http://", "", false},
};

TEST(origin, is_that_of_host_or_nothing_is_changed) {
    for (const auto& c : origins)
        for (const auto method : {verb::post, verb::put, verb::delete_, verb::other}) {
            const auto expected = c.is_same ? std::nullopt : std::optional(problem_kind::cross_origin);
            EXPECT_EQ(refusal(method, "/apps", {{"Host", c.host}, {"oRIGIN", c.origin}}, names), expected)
                << c.origin << " to " << c.host;
        }
}

TEST(origin, of_a_whole_url_is_compared_with_the_host_in_it) {
    const std::string_view target = "http://front:81/apps";
    EXPECT_EQ(refusal(verb::put, target, {{"Host", "localhost"}, {"Origin", "http://front:81"}}, names), std::nullopt);
    EXPECT_EQ(refusal(verb::put, target, {{"Host", "localhost"}, {"Origin", "http://localhost"}}, names),
              problem_kind::cross_origin);
}

TEST(origin, may_be_any_for_what_changes_nothing) {
    for (const auto& c : origins)
        for (const auto method : {verb::get, verb::head, verb::options})
            EXPECT_EQ(refusal(method, "/apps",
                              {{"Host", c.host}, {"Origin", c.origin}, {"Sec-Fetch-Site", "cross-site"}}, names),
                      std::nullopt)
                << c.origin;
}

TEST(origin, counts_each_time_it_is_sent) {
    for (const auto* first : {"http://localhost", "http://evil.example"}) {
        const auto* second = std::string_view(first) == "http://localhost" ? "http://evil.example" : "http://localhost";
        EXPECT_EQ(refusal(verb::post, "/apps", {{"Host", "localhost"}, {"Origin", first}, {"Origin", second}}, names),
                  problem_kind::cross_origin);
    }
}

TEST(fetch_metadata, of_another_site_is_refused_where_something_may_change) {
    const auto with = [](const char* site, std::vector<request_header> more = {}) {
        more.insert(more.begin(), {{"Host", "localhost"}, {"sec-fetch-site", site}});
        return refusal(verb::delete_, "/apps", std::move(more), names);
    };
    for (const auto* site : {"same-origin", "same-site", "none", ""}) EXPECT_EQ(with(site), std::nullopt) << site;
    EXPECT_EQ(with("cross-site"), problem_kind::cross_origin);
    EXPECT_EQ(with("Cross-Site"), problem_kind::cross_origin);
    EXPECT_EQ(with("cross-site", {{"Origin", "http://localhost"}}), problem_kind::cross_origin);
    EXPECT_EQ(with("same-origin", {{"Origin", "http://evil.example"}}), problem_kind::cross_origin);
}

}  // namespace
}  // namespace confab::http
