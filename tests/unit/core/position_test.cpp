#include "core/position.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace confab::core {
namespace {

TEST(event_id, names_the_chat_its_messages_and_its_changes) {
    chat c;
    EXPECT_EQ(event_id_of(c), "0:0.0");
    c = {chat_id(99), chat_number(7), 1042, 3, {}, {}};
    EXPECT_EQ(event_id_of(c), "7:1042.3");
    c = {chat_id(1), chat_number(number_max), number_max, std::numeric_limits<std::uint64_t>::max(), {}, {}};
    EXPECT_EQ(event_id_of(c), "4294967295:4294967295.18446744073709551615");
}

TEST(position, is_equal_only_in_both_counters) {
    EXPECT_EQ(position(), (position{0, 0}));
    EXPECT_NE((position{1, 2}), (position{2, 1}));
    EXPECT_NE((position{1, 2}), (position{1, 3}));
    EXPECT_EQ((chat_position{chat_id(1), {1, 2}}), (chat_position{chat_id(1), {1, 2}}));
    EXPECT_NE((chat_position{chat_id(1), {1, 2}}), (chat_position{chat_id(2), {1, 2}}));
}

}  // namespace
}  // namespace confab::core
