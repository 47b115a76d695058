#include "base/loop_monitor.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <future>

#include "base/async.hpp"

namespace confab {
namespace {

using namespace std::chrono_literals;
using sample = stall_detector::sample;

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

// The loop is busy until it is reported, and a little longer. It is counted once.
TEST(loop_monitor, counts_a_turn_that_holds_up_its_loop) {
    event_loops loops(2);
    loops.start();
    EXPECT_EQ(loops.stalls(), 0U);
    loops.watch();
    std::promise<void> reported;
    asio::post(loops.at(1), [&] {
        while (loops.stalls() == 0) continue;
        reported.set_value();
    });
    reported.get_future().wait();
    loops.stop();
    EXPECT_EQ(loops.stalls(), 0U);  // the monitor has stopped
}

TEST(loop_monitor, counts_no_turn_of_a_loop_with_many_short_ones) {
    event_loops loops(1);
    loops.start();
    loops.watch();
    std::promise<void> reported;
    std::function<void(int)> go_on = [&](int left) {
        volatile unsigned sum = 0;
        for (unsigned i = 0; i < 100'000; ++i) sum = sum + i;
        if (left == 0) return reported.set_value();
        asio::post(loops.at(0), [&, left] { go_on(left - 1); });
    };
    asio::post(loops.at(0), [&] { go_on(3'000); });
    reported.get_future().wait();
    EXPECT_EQ(loops.stalls(), 0U);
    loops.stop();
}

}  // namespace
}  // namespace confab
