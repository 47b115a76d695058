#include "drivers/sqlite/checkpoint_schedule.hpp"

#include <gtest/gtest.h>

namespace confab::sqlite {
namespace {

using kind = connection::checkpoint_kind;

constexpr checkpoint_limits limits{.start_pages = 10, .restart_pages = 30};

TEST(checkpoint_schedule, is_due_at_the_first_limit) {
    checkpoint_schedule schedule(limits);
    EXPECT_FALSE(schedule.is_due());
    schedule.observe(9);
    EXPECT_FALSE(schedule.is_due());
    schedule.observe(10);
    EXPECT_TRUE(schedule.is_due());
    EXPECT_EQ(schedule.kind(), kind::passive);
}

TEST(checkpoint_schedule, is_due_until_a_checkpoint_was_made) {
    checkpoint_schedule schedule(limits);
    schedule.observe(10);
    schedule.observe(12);
    EXPECT_TRUE(schedule.is_due());
    schedule.checkpointed();
    EXPECT_FALSE(schedule.is_due());
}

TEST(checkpoint_schedule, of_a_wal_that_goes_on_growing_waits_for_as_many_pages_more) {
    checkpoint_schedule schedule(limits);
    schedule.observe(12);
    schedule.checkpointed();
    schedule.observe(21);
    EXPECT_FALSE(schedule.is_due());
    schedule.observe(22);
    EXPECT_TRUE(schedule.is_due());
}

TEST(checkpoint_schedule, of_a_wal_that_was_restarted_begins_at_the_first_limit) {
    checkpoint_schedule schedule(limits);
    schedule.observe(25);
    schedule.checkpointed();
    schedule.observe(1);
    EXPECT_FALSE(schedule.is_due());
    schedule.observe(10);
    EXPECT_TRUE(schedule.is_due());
}

TEST(checkpoint_schedule, restarts_a_long_wal) {
    checkpoint_schedule schedule(limits);
    schedule.observe(29);
    EXPECT_FALSE(schedule.is_long());
    EXPECT_EQ(schedule.kind(), kind::passive);
    schedule.observe(30);
    EXPECT_TRUE(schedule.is_long());
    EXPECT_EQ(schedule.kind(), kind::restart);
}

}  // namespace
}  // namespace confab::sqlite
