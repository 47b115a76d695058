#include "base/timer_thread.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <optional>
#include <thread>

namespace confab {
namespace {

using namespace std::chrono_literals;

// A timer that counts its calls. The first one sets a promise.
class a_timer_thread : public ::testing::Test {
protected:
    void wait_for_call() { called_.get_future().wait(); }

    std::promise<void> called_;
    std::atomic<int> calls_ = 0;
    std::optional<timer_thread> timer_{std::in_place, [this] {
                                           if (++calls_ == 1) called_.set_value();
                                       }};
};

TEST_F(a_timer_thread, calls_once_when_it_is_armed) {
    EXPECT_EQ(calls_, 0);
    const auto armed_at = timer_thread::clock::now();
    timer_->arm(2ms);
    wait_for_call();
    EXPECT_GE(timer_thread::clock::now(), armed_at + 2ms);
    timer_.reset();
    EXPECT_EQ(calls_, 1);
}

TEST_F(a_timer_thread, stays_as_it_was_armed_first) {
    timer_->arm(1h);
    timer_->arm(0ms);
    std::this_thread::sleep_for(100ms);
    timer_.reset();
    EXPECT_EQ(calls_, 0);
}

TEST_F(a_timer_thread, can_be_armed_again_once_it_is_disarmed) {
    timer_->disarm();
    timer_->arm(1h);
    timer_->disarm();
    timer_->disarm();
    timer_->arm(0ms);
    wait_for_call();
    timer_.reset();
    EXPECT_EQ(calls_, 1);
}

TEST(a_callback_of_a_timer_thread, may_arm_and_disarm_it) {
    std::promise<void> done;
    int calls = 0;
    std::optional<timer_thread> timer;
    timer.emplace([&] {
        timer->arm(0ms);
        if (++calls < 3) return;
        timer->disarm();
        done.set_value();
    });
    timer->arm(0ms);
    done.get_future().wait();
    timer.reset();
    EXPECT_EQ(calls, 3);
}

TEST(a_callback_of_a_timer_thread, ends_before_the_timer_does) {
    std::promise<void> begun;
    bool has_ended = false;
    {
        timer_thread timer([&] {
            begun.set_value();
            std::this_thread::sleep_for(2ms);
            has_ended = true;
        });
        timer.arm(0ms);
        begun.get_future().wait();
    }
    EXPECT_TRUE(has_ended);
}

}  // namespace
}  // namespace confab
