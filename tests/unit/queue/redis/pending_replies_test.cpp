#include "queue/redis/pending_replies.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace confab::queue {
namespace {

using clock = pending_replies::clock;

class a_pending_reply : public ::testing::Test {
protected:
    // Waits for the reply in the background.
    void wait(pending_replies::pending_reply& reply, clock::time_point until) {
        const auto work = [](auto& r, auto wait_until, bool& ended) -> awaitable<void> {
            co_await r.wait(wait_until);
            ended = true;
        };
        asio::co_spawn(loop, work(reply, until, has_ended), asio::detached);
        run();
    }
    void run() {
        loop.restart();
        loop.poll();
    }
    static std::uint64_t number_in(const pending_replies::pending_reply& reply) {
        return std::get<core::replayed>(**reply.answer()).number;
    }
    static outcome answer(std::uint64_t number) { return core::command_result(core::replayed{number}); }

    asio::io_context loop;
    pending_replies all{loop.get_executor()};
    const core::job_id job = core::make_job_id();
    const clock::time_point limit = clock::time_point(std::chrono::hours(1));
    bool has_ended = false;
};

TEST_F(a_pending_reply, ends_with_its_answer) {
    pending_replies::pending_reply reply(all, job);
    wait(reply, limit);
    EXPECT_FALSE(has_ended);
    all.deliver(core::make_job_id(), answer(1));  // of another command
    run();
    EXPECT_FALSE(has_ended);
    all.deliver(job, answer(2));
    EXPECT_FALSE(has_ended);  // it resumes on the loop, not within the call
    run();
    EXPECT_TRUE(has_ended);
    EXPECT_EQ(number_in(reply), 2U);
}

TEST_F(a_pending_reply, that_is_answered_before_the_wait_does_not_wait) {
    pending_replies::pending_reply reply(all, job);
    all.deliver(job, error::overloaded);
    wait(reply, limit);
    EXPECT_TRUE(has_ended);
    EXPECT_EQ(reply.answer()->error(), error::overloaded);
}

TEST_F(a_pending_reply, keeps_its_first_answer) {
    pending_replies::pending_reply reply(all, job);
    all.deliver(job, answer(1));
    all.deliver(job, answer(2));
    EXPECT_EQ(number_in(reply), 1U);
}

TEST_F(a_pending_reply, ends_without_an_answer_when_its_time_is_over) {
    pending_replies::pending_reply reply(all, job);
    wait(reply, limit);
    all.wake_expired(limit - clock::duration(1));
    run();
    EXPECT_FALSE(has_ended);
    all.wake_expired(limit);
    run();
    EXPECT_TRUE(has_ended);
    EXPECT_FALSE(reply.answer());
}

TEST_F(a_pending_reply, can_be_waited_for_again) {
    pending_replies::pending_reply reply(all, job);
    wait(reply, limit);
    all.wake_expired(limit);
    run();
    has_ended = false;
    wait(reply, limit + std::chrono::hours(1));
    all.wake_expired(limit);
    run();
    EXPECT_FALSE(has_ended);
    all.deliver(job, answer(1));
    run();
    EXPECT_TRUE(has_ended);
}

TEST_F(a_pending_reply, ends_with_all_others_and_then_none_waits) {
    pending_replies::pending_reply reply(all, job);
    wait(reply, limit);
    EXPECT_FALSE(all.has_ended());
    all.end();
    run();
    EXPECT_TRUE(all.has_ended());
    EXPECT_TRUE(has_ended);
    has_ended = false;
    pending_replies::pending_reply later(all, core::make_job_id());
    wait(later, limit);
    EXPECT_TRUE(has_ended);
    EXPECT_FALSE(later.answer());
}

TEST_F(a_pending_reply, whose_sender_is_gone_takes_no_answer) {
    {
        const pending_replies::pending_reply gone(all, job);
    }
    all.deliver(job, answer(1));
    const pending_replies::pending_reply reply(all, job);
    EXPECT_FALSE(reply.answer());
    all.wake_expired(limit);  // nobody waits
    all.deliver(job, answer(2));
    EXPECT_EQ(number_in(reply), 2U);
}

}  // namespace
}  // namespace confab::queue
