#include "drivers/redis/role.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace confab::redis {
namespace {

using namespace std::string_view_literals;
using kind = failure::kind;

reply parsed(std::string_view bytes) {
    reply_parser p;
    p.feed(bytes);
    return p.next().value();
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

TEST(redis_role, is_read_from_a_reply_that_lacks_the_rest) {
    const auto replica = parse_role(parsed("*1\r\n$5\r\nslave\r\n"));
    EXPECT_EQ(replica.type, role::replica);
    EXPECT_EQ(replica.primary, "");
    EXPECT_EQ(parse_role(reply{.type = reply::kind::text, .text = "role:slave\r\n"}).primary, "?:?");
    EXPECT_EQ(parse_role(parsed("*1\r\n$7\r\nanother\r\n")).type, role::unknown);
    EXPECT_EQ(parse_role(reply{}).type, role::unknown);
}

TEST(redis_role, is_asked_for_by_either_of_two_commands) {
    EXPECT_EQ(role_command(0), (arguments{"ROLE"}));
    EXPECT_EQ(role_command(1), (arguments{"INFO", "replication"}));
    EXPECT_THROW(role_command(role_commands_count), std::out_of_range);
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

TEST(redis_info, fields_end_at_the_line_and_may_contain_colons) {
    EXPECT_EQ(info_field("a:b:c\r\nd:e", "a"), "b:c");
    EXPECT_EQ(info_field("a:b:c\r\nd:e", "d"), "e");
    EXPECT_EQ(info_field("a:1\r\na:2\r\n", "a"), "1");
    EXPECT_EQ(info_field("a\r\n", "a"), std::nullopt);
}

TEST(redis_info, numbers_are_read_from_the_beginning_of_a_value) {
    EXPECT_EQ(info_number("0"), 0U);
    EXPECT_EQ(info_number("1024"), 1024U);
    EXPECT_EQ(info_number("18446744073709551615"), 18'446'744'073'709'551'615U);
    EXPECT_EQ(info_number("12M"), 12U);
    for (const auto* text : {"", "x1", "-1", " 1", "18446744073709551616"}) EXPECT_EQ(info_number(text), 0U) << text;
}

}  // namespace
}  // namespace confab::redis
