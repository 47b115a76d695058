#include "base/async.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <stdexcept>
#include <string>
#include <thread>

#include "base/block_on.hpp"
#include "base/spawn.hpp"

namespace confab {
namespace {

awaitable<std::string> fail() {
    throw std::runtime_error("on purpose");
    co_return "";
}

TEST(run_on, works_on_the_other_executor_and_resumes_on_the_callers) {
    asio::thread_pool pool(1);
    std::thread::id before, during, after;
    const auto work = [&]() -> awaitable<int> {
        before = std::this_thread::get_id();
        const int found = co_await run_on(pool.get_executor(), [&] {
            during = std::this_thread::get_id();
            return 7;
        });
        after = std::this_thread::get_id();
        co_return found;
    };
    EXPECT_EQ(block_on(work()), 7);
    EXPECT_EQ(before, std::this_thread::get_id());
    EXPECT_NE(during, before);
    EXPECT_EQ(after, before);
}

TEST(run_on, rethrows_on_the_callers_executor) {
    asio::thread_pool pool(1);
    const auto work = [&]() -> awaitable<bool> {
        try {
            co_await run_on(pool.get_executor(), []() -> int { throw std::runtime_error("on purpose"); });
        } catch (const std::runtime_error&) {
            co_return true;
        }
        co_return false;
    };
    EXPECT_TRUE(block_on(work()));
}

TEST(block_on, returns_the_value_of_work_on_another_executor) {
    asio::thread_pool pool(1);
    const auto caller = std::this_thread::get_id();
    const auto work = [&]() -> awaitable<bool> { co_return std::this_thread::get_id() != caller; };
    EXPECT_TRUE(block_on(pool.get_executor(), work()));
}

TEST(block_on, rethrows) {
    asio::thread_pool pool(1);
    EXPECT_THROW(block_on(fail()), std::runtime_error);
    EXPECT_THROW(block_on(pool.get_executor(), fail()), std::runtime_error);
}

TEST(spawn, reports_the_end_and_its_exception) {
    asio::io_context loop;
    int ended = 0;
    std::exception_ptr thrown;
    const auto succeed = []() -> awaitable<void> { co_return; };
    const auto throws = []() -> awaitable<void> { co_await fail(); };
    spawn(loop.get_executor(), succeed(), [&](std::exception_ptr failure) { ended += failure ? 10 : 1; });
    spawn(loop.get_executor(), throws(), [&](std::exception_ptr failure) { thrown = failure; });
    spawn(loop.get_executor(), throws());
    loop.run();
    EXPECT_EQ(ended, 1);
    ASSERT_TRUE(thrown);
    EXPECT_THROW(std::rethrow_exception(thrown), std::runtime_error);
}

}  // namespace
}  // namespace confab
