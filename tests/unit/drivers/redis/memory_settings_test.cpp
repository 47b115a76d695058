#include "drivers/redis/memory_settings.hpp"

#include <gtest/gtest.h>

#include "support/run.hpp"
#include "support/scripted_redis.hpp"

namespace confab::redis {
namespace {

using testing::run;
using testing::scripted_redis;
using commands = std::vector<scripted_redis::command>;

reply text(std::string value) {
    return {.type = reply::kind::text, .text = std::move(value)};
}

reply setting(std::string name, std::string value) {
    return {.type = reply::kind::array, .items = {text(std::move(name)), text(std::move(value))}};
}

TEST(redis_memory_settings, are_read_from_info_without_another_command) {
    scripted_redis server;
    const auto found = run(memory_settings_of(server, "maxmemory:1024\r\nmaxmemory_policy:noeviction\r\n"));
    EXPECT_EQ(found.policy, "noeviction");
    EXPECT_EQ(found.max, 1024U);
    EXPECT_TRUE(server.commands.empty());
}

TEST(redis_memory_settings, that_info_lacks_are_read_from_the_configuration) {
    scripted_redis server;
    server.replies = {setting("maxmemory-policy", "allkeys-lru"), setting("maxmemory", "0")};
    const auto found = run(memory_settings_of(server, ""));
    EXPECT_EQ(found.policy, "allkeys-lru");
    EXPECT_EQ(found.max, 0U);
    EXPECT_EQ(server.commands, (commands{{"CONFIG", "GET", "maxmemory-policy"}, {"CONFIG", "GET", "maxmemory"}}));
    server.commands.clear();
    server.replies = {setting("maxmemory", "7")};
    EXPECT_EQ(run(memory_settings_of(server, "maxmemory_policy:noeviction\r\n")).max, 7U);
    EXPECT_EQ(server.commands, (commands{{"CONFIG", "GET", "maxmemory"}}));
}

TEST(redis_memory_settings, that_nobody_may_see_are_missing) {
    const result<reply> unusable[] = {
        reply{.type = reply::kind::error, .text = "NOPERM no"},
        reply{.type = reply::kind::array},  // an unknown setting
        reply{},
        error::unavailable,
    };
    for (const auto& answer : unusable) {
        scripted_redis server;
        server.replies = {answer, answer};
        const auto found = run(memory_settings_of(server, ""));
        EXPECT_EQ(found.policy, std::nullopt);
        EXPECT_EQ(found.max, std::nullopt);
        EXPECT_EQ(server.commands.size(), 2U);
    }
}

}  // namespace
}  // namespace confab::redis
