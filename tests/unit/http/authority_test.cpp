#include "http/authority.hpp"

#include <gtest/gtest.h>

namespace confab::http {
namespace {

TEST(authority, is_a_host_and_a_port) {
    using enum authority::kind;
    struct {
        std::string_view text;
        authority::kind is;
        std::string_view host;
        std::optional<std::uint16_t> port;
    } const cases[] = {
        {"localhost", name, "localhost", {}},
        {"LocalHost:3000", name, "LocalHost", 3000},
        {"localhost:", name, "localhost", {}},
        {"localhost:0080", name, "localhost", 80},
        {"a:65535", name, "a", 65535},
        {"chat.example.:443", name, "chat.example.", 443},
        {"xn--mnchen-3ya.example", name, "xn--mnchen-3ya.example", {}},
        {"a_b~c-d.1", name, "a_b~c-d.1", {}},
        {"a!$&'()*+,;=b", name, "a!$&'()*+,;=b", {}},
        {"%6Cocalhost", name, "%6Cocalhost", {}},
        {"127.0.0.1", ip_address, "127.0.0.1", {}},
        {"127.0.0.1:3000", ip_address, "127.0.0.1", 3000},
        {"127.1", name, "127.1", {}},
        {"2130706433", name, "2130706433", {}},
        {"0x7f.0.0.1", name, "0x7f.0.0.1", {}},
        {"127.0.0.1.example", name, "127.0.0.1.example", {}},
        {"256.0.0.1", name, "256.0.0.1", {}},
        {"[::1]", ip_address, "[::1]", {}},
        {"[::1]:3000", ip_address, "[::1]", 3000},
        {"[2001:DB8::7]:80", ip_address, "[2001:DB8::7]", 80},
        {"[::ffff:127.0.0.1]", ip_address, "[::ffff:127.0.0.1]", {}},
        {"[v1.fe80::a+en1]", ip_address, "[v1.fe80::a+en1]", {}},
        {"", none, "", {}},
        {":80", none, "", 80},
    };
    for (const auto& c : cases) {
        const auto parsed = authority::parse(c.text);
        ASSERT_TRUE(parsed) << c.text;
        EXPECT_EQ(parsed->is, c.is) << c.text;
        EXPECT_EQ(parsed->host, c.host) << c.text;
        EXPECT_EQ(parsed->port, c.port) << c.text;
    }
}

TEST(authority, that_is_not_well_formed_is_none) {
    for (const std::string_view text : {"a/b",
                                        "u@b",
                                        "@b",
                                        "u:p@b",
                                        "a/",
                                        "/",
                                        "http://a",
                                        "a b",
                                        " a",
                                        "a\tb",
                                        "a?b",
                                        "a#b",
                                        "a\\b",
                                        "a\"b",
                                        "<a>",
                                        "a|b",
                                        "a^b",
                                        "a`b",
                                        "{a}",
                                        "a%",
                                        "a%zz",
                                        "a%2",
                                        "münchen",
                                        "a\x7f",
                                        "a\x80",
                                        "a:b",
                                        "a:80:80",
                                        "a:80x",
                                        "a:-1",
                                        "a:+1",
                                        "a: 80",
                                        "a:65536",
                                        "a:99999999999999999999",
                                        "::1",
                                        "::1:80",
                                        "[::1",
                                        "::1]",
                                        "[]",
                                        "[a]",
                                        "[::1]a",
                                        "[::1]80",
                                        "[::1]:x",
                                        "[127.0.0.1]",
                                        "[1:2:3:4:5:6:7]",
                                        "[::12345]",
                                        "[fe80::1%eth0]",
                                        "[fe80::1%25eth0]",
                                        "[v.a]",
                                        "[v1]",
                                        "[v1.]",
                                        "[[::1]]"})
        EXPECT_FALSE(authority::parse(text)) << text;
    EXPECT_FALSE(authority::parse(std::string_view("a\0b", 3)));
}

// The last result is cached.
TEST(authority, has_views_of_the_text_that_it_was_read_from) {
    const std::string first = "cached.example:80", second = first;
    for (const auto& text : {std::string_view(first), std::string_view(second), std::string_view(second)}) {
        const auto parsed = authority::parse(text);
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->host.data(), text.data());
        EXPECT_EQ(parsed->host, "cached.example");
        EXPECT_EQ(parsed->port, 80);
        EXPECT_FALSE(authority::parse("a b"));
    }
    EXPECT_EQ(authority::parse("cached.example:8")->port, 8);
}

TEST(authority, may_be_longer_than_what_is_cached) {
    const std::string host(300, 'a');
    for (int i = 0; i < 2; ++i) {
        const auto parsed = authority::parse(host);
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->host, host);
    }
}

}  // namespace
}  // namespace confab::http
