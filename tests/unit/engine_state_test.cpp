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
    EXPECT_EQ(count(log, "Redis takes writes again"), 1U) << log;
}

}  // namespace
}  // namespace confab
