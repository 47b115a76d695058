#include "ledger/sqlite/unapplied_writes.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/event_loops.hpp"

namespace confab::ledger::sqlite {
namespace {

using namespace std::chrono_literals;

constexpr core::chat_id chat(7), other_chat(8);

void mark(unapplied_writes& writes, core::chat_id in, std::uint64_t batch) {
    writes.mark(in, batch);
    writes.marked(batch);
}

// A call of wait() on a loop.
class waiting {
public:
    waiting(unapplied_writes& writes, asio::io_context& loop)
        : done_(asio::co_spawn(loop, outcome_of(writes), asio::use_future)) {
        // It is registered when the loop has come to the next handler.
        asio::post(loop, [begun = begun_] { begun->set_value(); });
    }

    void await_begin() { begun_->get_future().wait(); }
    bool has_ended() { return done_.wait_for(0s) == std::future_status::ready; }
    // Nothing: it succeeded.
    std::optional<error> failure() {
        const auto found = done_.get();
        return found ? std::nullopt : std::optional(static_cast<error>(found.error().value()));
    }

private:
    static awaitable<result<void>> outcome_of(const unapplied_writes& writes) { co_return co_await writes.wait(); }

    std::shared_ptr<std::promise<void>> begun_ = std::make_shared<std::promise<void>>();
    std::future<result<void>> done_;
};

TEST(unapplied_writes, are_those_of_a_chat_until_their_batch_is_applied) {
    unapplied_writes writes;
    EXPECT_FALSE(writes.any());
    EXPECT_TRUE(writes.mark(chat, 1));
    writes.marked(1);
    EXPECT_TRUE(writes.any());
    EXPECT_TRUE(writes.in(chat));
    EXPECT_FALSE(writes.in(other_chat));
    EXPECT_FALSE(writes.in_apps());
    EXPECT_FALSE(writes.mark(chat, 2));
    writes.mark_apps(2);
    writes.marked(2);
    writes.applied(1);
    EXPECT_TRUE(writes.in(chat));
    EXPECT_TRUE(writes.in_apps());
    writes.applied(2);
    EXPECT_FALSE(writes.any());
    EXPECT_FALSE(writes.in(chat));
    EXPECT_FALSE(writes.in_apps());
}

TEST(wait_for_unapplied_writes, is_none_where_all_are_applied) {
    unapplied_writes writes;
    mark(writes, chat, 3);
    writes.applied(3);
    asio::io_context loop;
    waiting call(writes, loop);
    loop.poll();
    EXPECT_TRUE(call.has_ended());
    EXPECT_EQ(call.failure(), std::nullopt);
}

TEST(wait_for_unapplied_writes, ends_with_the_batch_that_was_the_last_when_it_began) {
    unapplied_writes writes;
    asio::io_context loop;
    mark(writes, chat, 1);
    waiting first(writes, loop);
    loop.poll();
    mark(writes, chat, 2);
    waiting second(writes, loop);
    loop.poll();
    EXPECT_FALSE(first.has_ended());
    writes.applied(1);
    loop.poll();
    EXPECT_TRUE(first.has_ended());
    EXPECT_FALSE(second.has_ended());
    writes.applied(5);
    loop.poll();
    EXPECT_EQ(first.failure(), std::nullopt);
    EXPECT_EQ(second.failure(), std::nullopt);
}

TEST(wait_for_unapplied_writes, of_thousands_of_calls_needs_no_threads) {
    unapplied_writes writes;
    mark(writes, chat, 1);
    event_loops loops(2);
    std::vector<waiting> calls;
    for (std::size_t i = 0; i < 5'000; ++i) calls.emplace_back(writes, loops.at(i % 2));
    loops.start();
    for (auto& c : calls) c.await_begin();
    for (auto& c : calls) ASSERT_FALSE(c.has_ended());
    writes.applied(1);
    for (auto& c : calls) ASSERT_EQ(c.failure(), std::nullopt);
}

TEST(wait_for_unapplied_writes, resumes_on_the_thread_of_its_caller) {
    unapplied_writes writes;
    mark(writes, chat, 1);
    asio::io_context loop;
    bool is_resumed = false;
    const auto work = [&]() -> awaitable<std::thread::id> {
        const auto done = co_await writes.wait();
        is_resumed = done.has_value();
        co_return std::this_thread::get_id();
    };
    auto resumed_on = asio::co_spawn(loop, work(), asio::use_future);
    loop.poll();
    std::thread([&] { writes.applied(1); }).join();
    EXPECT_FALSE(is_resumed);
    loop.run();
    EXPECT_TRUE(is_resumed);
    EXPECT_EQ(resumed_on.get(), std::this_thread::get_id());
}

// The writer applies each batch while calls check and register. A call that missed its batch would be unavailable.
TEST(wait_for_unapplied_writes, misses_no_batch) {
    unapplied_writes writes;
    event_loops loops(2);
    constexpr std::size_t rounds = 20'000;
    std::vector<std::future<std::size_t>> missed;
    const auto wait_again_and_again = [&]() -> awaitable<std::size_t> {
        std::size_t failed = 0;
        for (std::size_t i = 0; i < rounds; ++i) {
            const auto done = co_await writes.wait();
            failed += !done;
        }
        co_return failed;
    };
    for (std::size_t i = 0; i < 8; ++i)
        missed.push_back(asio::co_spawn(loops.at(i % 2), wait_again_and_again(), asio::use_future));
    std::promise<void> is_over;
    std::thread writer([&, end = is_over.get_future()] {
        std::uint64_t batch = 0;
        while (end.wait_for(0s) != std::future_status::ready) {
            mark(writes, chat, ++batch);
            writes.applied(batch);
        }
    });
    loops.start();
    for (auto& m : missed) EXPECT_EQ(m.get(), 0U);
    is_over.set_value();
    writer.join();
}

TEST(wait_for_unapplied_writes, is_given_up_after_two_seconds) {
    unapplied_writes writes;
    mark(writes, chat, 1);
    asio::io_context loop;
    waiting call(writes, loop);
    const auto begun = std::chrono::steady_clock::now();
    loop.run();
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 2s);
    EXPECT_EQ(call.failure(), error::unavailable);
    writes.applied(1);
    waiting later(writes, loop);
    loop.restart();
    loop.run();
    EXPECT_EQ(later.failure(), std::nullopt);
}

TEST(wait_for_unapplied_writes, ends_when_waits_are_ended) {
    unapplied_writes writes;
    mark(writes, chat, 1);
    asio::io_context loop;
    waiting call(writes, loop);
    loop.poll();
    writes.end_waits();
    waiting refused(writes, loop);
    loop.poll();
    EXPECT_EQ(call.failure(), error::shutting_down);
    EXPECT_EQ(refused.failure(), error::shutting_down);
    writes.applied(1);
    waiting needless(writes, loop);
    loop.restart();
    loop.poll();
    EXPECT_EQ(needless.failure(), std::nullopt);
}

TEST(wait_for_unapplied_writes, may_be_destroyed_with_its_loop_or_outlive_the_ledger) {
    auto writes = std::make_unique<unapplied_writes>();
    mark(*writes, chat, 1);
    auto gone = std::make_unique<asio::io_context>(), stopped = std::make_unique<asio::io_context>();
    waiting destroyed(*writes, *gone), suspended(*writes, *stopped), in_time(*writes, *stopped);
    gone->poll();
    stopped->poll();
    gone.reset();
    EXPECT_TRUE(destroyed.has_ended());  // the promise of its coroutine is broken
    writes->applied(1);
    writes.reset();
    stopped.reset();  // its cancellations are still queued
    EXPECT_TRUE(suspended.has_ended());
}

// Writers commit on while the loops of waiting calls come and go.
TEST(wait_for_unapplied_writes, may_be_destroyed_while_its_batch_is_applied) {
    unapplied_writes writes;
    std::promise<void> is_over;
    std::thread writer([&, end = is_over.get_future()] {
        std::uint64_t batch = 0;
        while (end.wait_for(0s) != std::future_status::ready) {
            mark(writes, chat, ++batch);
            std::this_thread::yield();
            writes.applied(batch);
        }
    });
    for (int round = 0; round < 300; ++round) {
        asio::io_context loop;
        std::vector<waiting> calls;
        for (int i = 0; i < 50; ++i) calls.emplace_back(writes, loop);
        loop.poll();
    }
    is_over.set_value();
    writer.join();
    EXPECT_FALSE(writes.any());
}

}  // namespace
}  // namespace confab::ledger::sqlite
