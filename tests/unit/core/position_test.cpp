#include "core/position.hpp"

#include <gtest/gtest.h>

namespace confab::core {
namespace {

TEST(position, is_equal_only_in_both_counters) {
    EXPECT_EQ(position(), (position{0, 0}));
    EXPECT_NE((position{1, 2}), (position{2, 1}));
    EXPECT_NE((position{1, 2}), (position{1, 3}));
    EXPECT_EQ((chat_position{chat_id(1), {1, 2}}), (chat_position{chat_id(1), {1, 2}}));
    EXPECT_NE((chat_position{chat_id(1), {1, 2}}), (chat_position{chat_id(2), {1, 2}}));
}

}  // namespace
}  // namespace confab::core
