#include "base/engine_state.hpp"

#include <gtest/gtest.h>

namespace confab {
namespace {

using nothing = std::optional<std::string>;

std::size_t count(const std::string& text, const std::string& of) {
    std::size_t found = 0;
    for (auto at = text.find(of); at != std::string::npos; at = text.find(of, at + 1)) ++found;
    return found;
}

TEST(engine_state, has_the_last_fault_until_it_is_cleared) {
    engine_state redis("Redis");
    EXPECT_FALSE(redis.has_fault());
    EXPECT_EQ(redis.fault(), nothing());
    redis.set_fault("Redis is a replica");
    redis.set_fault("Redis is read-only");
    EXPECT_TRUE(redis.has_fault());
    EXPECT_EQ(redis.fault(), "Redis is read-only");
    redis.clear();
    EXPECT_FALSE(redis.has_fault());
    EXPECT_EQ(redis.fault(), nothing());
}

TEST(engine_state, tells_a_refusal_while_no_fault_stands) {
    engine_state redis("Redis");
    redis.note_refusal("Redis has no memory left");
    EXPECT_EQ(redis.fault(), "Redis has no memory left");
    EXPECT_FALSE(redis.has_fault());
    redis.clear();  // the connection is well, and the memory still full
    EXPECT_EQ(redis.fault(), "Redis has no memory left");
    redis.set_fault("Redis is a replica");
    EXPECT_EQ(redis.fault(), "Redis is a replica");
}

TEST(engine_state, logs_what_a_fault_means_for_who_has_it) {
    engine_state node("Redis"), worker("Redis", "commands stay queued until it recovers");
    ::testing::internal::CaptureStdout();
    node.set_fault("Redis is a replica");
    worker.set_fault("Redis cannot be reached");
    const auto log = ::testing::internal::GetCapturedStdout();
    EXPECT_EQ(count(log, "Redis is a replica; refusing writes"), 1U) << log;
    EXPECT_EQ(count(log, "Redis cannot be reached; commands stay queued until it recovers"), 1U) << log;
}

TEST(engine_state, logs_a_change_once_a_minute) {
    engine_state redis("Redis");
    ::testing::internal::CaptureStdout();
    redis.clear();
    for (int i = 0; i < 3; ++i) redis.set_fault("Redis is a replica");
    for (int i = 0; i < 3; ++i) redis.clear();
    redis.set_fault("Redis is a replica");
    redis.clear();
    const auto log = ::testing::internal::GetCapturedStdout();
    EXPECT_EQ(count(log, "Redis is a replica"), 1U) << log;
    EXPECT_EQ(count(log, "Redis accepts writes again"), 1U) << log;
}

}  // namespace
}  // namespace confab
