#include "drivers/redis/protocol.hpp"

#include <gtest/gtest.h>

namespace confab::redis {
namespace {

using namespace std::string_view_literals;

TEST(redis_protocol, writes_commands_by_length_whatever_is_in_them) {
    std::string text;
    append_command(text, {"PING"});
    append_command(text, {"SET", "\r\n$1"sv, ""sv, "\0"sv});
    EXPECT_EQ(text, "*1\r\n$4\r\nPING\r\n*4\r\n$3\r\nSET\r\n$4\r\n\r\n$1\r\n$0\r\n\r\n$1\r\n\0\r\n"sv);
}

TEST(redis_protocol, parses_replies_cut_at_every_byte) {
    constexpr auto bytes = "+OK\r\n:-7\r\n$-1\r\n$3\r\na\r\n\r\n-ERR no\r\n*2\r\n*1\r\n$1\r\nx\r\n:1\r\n*-1\r\n"sv;
    reply_parser p;
    std::vector<reply> all;
    for (const char c : bytes) {
        p.feed({&c, 1});
        while (auto next = p.next()) all.push_back(std::move(*next));
    }
    ASSERT_EQ(all.size(), 7U);
    EXPECT_EQ(all[0].text, "OK");
    EXPECT_EQ(all[1].integer, -7);
    EXPECT_EQ(all[2].type, reply::kind::nil);
    EXPECT_EQ(all[3].text, "a\r\n");
    EXPECT_TRUE(all[4].is_error());
    EXPECT_EQ(all[5].items.at(0).items.at(0).text, "x");
    EXPECT_EQ(all[6].type, reply::kind::nil);
    EXPECT_FALSE(p.has_failed());
}

TEST(redis_protocol, knows_what_is_no_redis) {
    reply_parser p;
    p.feed("HTTP/1.1 400 Bad Request\r\n");
    EXPECT_FALSE(p.next());
    EXPECT_TRUE(p.has_failed());
    EXPECT_FALSE(p.failure().empty());
}

}  // namespace
}  // namespace confab::redis
