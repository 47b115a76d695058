#include "base/stall_detector.hpp"

#include <gtest/gtest.h>

namespace confab {
namespace {

using namespace std::chrono_literals;

TEST(stall_detector, reports_a_stall_once) {
    stall_detector w;
    EXPECT_FALSE(w.is_stalled({5, 10ms}));
    w.expect_handler({5, 10ms});
    EXPECT_FALSE(w.is_stalled({5, 110ms}));
    EXPECT_TRUE(w.is_stalled({5, 111ms}));
    w.expect_handler({5, 111ms});
    EXPECT_FALSE(w.is_stalled({5, 500ms}));
    EXPECT_FALSE(w.is_stalled({6, 520ms}));
    w.expect_handler({6, 520ms});
    EXPECT_TRUE(w.is_stalled({6, 621ms}));
}

TEST(stall_detector, leaves_out_many_short_handlers_an_idle_loop_and_one_that_was_not_asked) {
    stall_detector w;
    for (std::uint64_t i = 1; i < 100; ++i) {
        EXPECT_FALSE(w.is_stalled({i, i * 90ms}));
        w.expect_handler({i, i * 90ms});
    }
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(w.is_stalled({99, 99 * 90ms}));
    EXPECT_FALSE(stall_detector().is_stalled({0, 900ms}));
}

TEST(stall_detector, measures_from_the_first_handler_that_is_expected) {
    stall_detector w;
    w.expect_handler({5, 0ms});
    w.expect_handler({5, 90ms});
    EXPECT_TRUE(w.is_stalled({5, 101ms}));
    EXPECT_FALSE(w.is_stalled({6, 300ms}));  // it began
    w.expect_handler({6, 300ms});
    EXPECT_FALSE(w.is_stalled({7, 900ms}));  // it took long to begin, and began between two samples
    EXPECT_FALSE(w.is_stalled({7, 2000ms}));
}

}  // namespace
}  // namespace confab
