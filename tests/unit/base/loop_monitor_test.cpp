#include "base/loop_monitor.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <future>

#include "base/async.hpp"

namespace confab {
namespace {

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
