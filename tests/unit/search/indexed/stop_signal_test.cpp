#include "search/indexed/stop_signal.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

namespace confab::search {
namespace {

class a_stop_signal : public ::testing::Test {
protected:
    void sleep(std::chrono::milliseconds time) {
        const auto work = [](stop_signal s, auto for_time, bool& ended) -> awaitable<void> {
            co_await s.sleep(for_time);
            ended = true;
        };
        has_ended = false;
        asio::co_spawn(loop, work(signal, time, has_ended), asio::detached);
        loop.poll();
    }

    asio::io_context loop;
    stop_signal signal{loop.get_executor()};
    bool has_ended = false;
};

TEST_F(a_stop_signal, ends_a_sleep_from_another_thread) {
    sleep(std::chrono::hours(1));
    EXPECT_FALSE(has_ended);
    EXPECT_FALSE(signal.is_set());
    std::thread([copy = signal]() mutable { copy.stop(); }).join();
    EXPECT_TRUE(signal.is_set());
    EXPECT_FALSE(has_ended);  // the task resumes on its own loop
    loop.run();
    EXPECT_TRUE(has_ended);
}

TEST_F(a_stop_signal, that_is_set_lets_nobody_sleep) {
    signal.stop();
    sleep(std::chrono::hours(1));
    EXPECT_TRUE(has_ended);
    loop.run();
}

TEST_F(a_stop_signal, wakes_a_task_without_stopping_it) {
    sleep(std::chrono::hours(1));
    signal.wake();
    loop.poll();
    EXPECT_TRUE(has_ended);
    EXPECT_FALSE(signal.is_set());
    loop.restart();
    sleep(std::chrono::hours(1));  // an earlier wake-up does not end a later sleep
    EXPECT_FALSE(has_ended);
    signal.stop();
    loop.run();
    EXPECT_TRUE(has_ended);
}

TEST_F(a_stop_signal, ends_a_sleep_after_its_time) {
    sleep(std::chrono::milliseconds(1));
    loop.run();
    EXPECT_TRUE(has_ended);
    EXPECT_FALSE(signal.is_set());
}

TEST(a_stop_signal_of_a_loop, may_be_stopped_after_its_task_is_gone) {
    asio::io_context loop;
    {
        stop_signal signal(loop.get_executor());
        EXPECT_TRUE(signal.home() == asio::any_io_executor(loop.get_executor()));
        signal.stop();
    }
    EXPECT_EQ(loop.run(), 1U);
}

}  // namespace
}  // namespace confab::search
