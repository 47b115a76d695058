#include "base/log_throttle.hpp"

#include <gtest/gtest.h>

#include <string>

namespace confab {
namespace {

using namespace std::chrono_literals;
using none = std::optional<std::uint64_t>;

constexpr log_throttle::clock::time_point begun{};

TEST(log_throttle, admits_one_a_minute_with_the_count_of_those_left_out) {
    log_throttle t;
    EXPECT_EQ(t.admit("lost", begun), 0U);
    EXPECT_EQ(t.admit("lost", begun + 1s), none());
    EXPECT_EQ(t.admit("lost", begun + 59s), none());
    EXPECT_EQ(t.admit("lost", begun + 60s), 2U);
    EXPECT_EQ(t.admit("lost", begun + 119s), none());
    EXPECT_EQ(t.admit("lost", begun + 180s), 1U);
}

TEST(log_throttle, admits_as_many_a_minute_as_it_is_told) {
    log_throttle t(3);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(t.admit("refused", begun + 1s * i), 0U);
    for (int i = 3; i < 10; ++i) EXPECT_EQ(t.admit("refused", begun + 1s * i), none());
    EXPECT_EQ(t.admit("refused", begun + 60s), 7U);
    EXPECT_EQ(t.admit("refused", begun + 61s), 0U);
}

TEST(log_throttle, admits_another_failure_at_once) {
    log_throttle t;
    EXPECT_EQ(t.admit("lost", begun), 0U);
    EXPECT_EQ(t.admit("refused", begun + 1s), 0U);
    EXPECT_EQ(t.admit("lost", begun + 2s), none());
}

TEST(log_throttle, forgets_the_oldest_key_when_there_are_too_many) {
    log_throttle t;
    for (std::size_t i = 0; i <= log_throttle::keys_max; ++i)
        EXPECT_EQ(t.admit("key " + std::to_string(i), begun + std::chrono::seconds(i)), 0U);
    EXPECT_EQ(t.admit("key 1", begun + 40s), none());
    EXPECT_EQ(t.admit("key 0", begun + 40s), 0U);
}

}  // namespace
}  // namespace confab
