// The encoding of Redis requests and the parsing of replies, without a server.
#include <gtest/gtest.h>

#include "drivers/redis/protocol.hpp"
#include "drivers/redis/role.hpp"

namespace confab::redis {
namespace {

using namespace std::string_view_literals;
using kind = failure::kind;

reply parsed(std::string_view bytes) {
    reply_parser p;
    p.feed(bytes);
    return p.next().value();
}

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

TEST(redis_failure, is_permanent_unless_it_may_pass_by_itself) {
    for (const auto* words :
         {"WRONGPASS invalid username-password pair or user is disabled.", "NOAUTH Authentication required.",
          "NOPERM User x has no permissions to run the 'get' command", "ERR DB index is out of range",
          "DENIED Redis is running in protected mode"})
        EXPECT_EQ(failure_of(std::string(words)).type, kind::refused) << words;
    for (const auto* words : {"ERR max number of clients reached", "LOADING Redis is loading the dataset in memory"})
        EXPECT_EQ(failure_of(std::string(words)).type, kind::unreachable) << words;
    EXPECT_EQ(failure_of("READONLY You can't write against a read only replica.").type, kind::no_primary);
}

TEST(redis_role, is_read_from_either_reply) {
    const auto primary = parsed("*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n");
    EXPECT_EQ(parse_role(primary).type, role::primary);
    const auto replica = parsed("*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:6380\r\n$9\r\nconnected\r\n:14\r\n");
    EXPECT_EQ(parse_role(replica).type, role::replica);
    EXPECT_EQ(parse_role(replica).primary, "127.0.0.1:6380");
    EXPECT_EQ(parse_role(parsed("*2\r\n$8\r\nsentinel\r\n*0\r\n")).type, role::sentinel);

    reply info{.type = reply::kind::text, .text = "# Replication\r\nrole:master\r\nconnected_slaves:0\r\n"};
    EXPECT_EQ(parse_role(info).type, role::primary);
    info.text = "# Replication\r\nrole:slave\r\nmaster_host:10.0.0.1\r\nmaster_port:6379\r\n";
    EXPECT_EQ(parse_role(info).type, role::replica);
    EXPECT_EQ(parse_role(info).primary, "10.0.0.1:6379");
    info.text = "# Server\r\nredis_mode:sentinel\r\n";
    EXPECT_EQ(parse_role(info).type, role::sentinel);

    EXPECT_EQ(parse_role(parsed("-NOPERM no\r\n")).type, role::unknown);
    EXPECT_EQ(parse_role(parsed("+PONG\r\n")).type, role::unknown);
    EXPECT_EQ(parse_role(parsed("*0\r\n")).type, role::unknown);
}

TEST(redis_role, of_a_replica_or_sentinel_is_a_failure) {
    EXPECT_FALSE(failure_of(role_report{role::primary}));
    EXPECT_FALSE(failure_of(role_report{role::unknown}));
    EXPECT_EQ(failure_of(role_report{role::sentinel})->type, kind::no_primary);
    const auto replica = failure_of(role_report{role::replica, "10.0.0.1:6379"});
    EXPECT_EQ(replica->type, kind::no_primary);
    EXPECT_NE(replica->reason.find("10.0.0.1:6379"), std::string::npos);
}

TEST(redis_role, has_a_name_unless_it_is_unknown) {
    EXPECT_EQ(name_of(role::primary), "primary");
    EXPECT_EQ(name_of(role::replica), "replica");
    EXPECT_EQ(name_of(role::sentinel), "sentinel");
    EXPECT_EQ(name_of(role::unknown), "");
}

TEST(redis_role, of_cluster_mode_is_read_from_either_section_of_info) {
    EXPECT_TRUE(is_in_cluster_mode("redis_mode:cluster\r\n"));
    EXPECT_TRUE(is_in_cluster_mode("# Cluster\r\ncluster_enabled:1\r\n"));
    EXPECT_FALSE(is_in_cluster_mode("redis_mode:standalone\r\ncluster_enabled:0\r\n"));
    EXPECT_FALSE(is_in_cluster_mode(""));
}

TEST(redis_info, has_each_field_on_a_line_of_its_own) {
    constexpr auto info = "# Memory\r\nused_memory:1\r\nmaxmemory_policy:noeviction\r\nlast:"sv;
    EXPECT_EQ(info_field(info, "maxmemory_policy"), "noeviction");
    EXPECT_EQ(info_field(info, "memory"), std::nullopt);
    EXPECT_EQ(info_field(info, "maxmemory"), std::nullopt);
    EXPECT_EQ(info_field(info, "last"), "");
    EXPECT_EQ(info_field("", "last"), std::nullopt);
}

}  // namespace
}  // namespace confab::redis
