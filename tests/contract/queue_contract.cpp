#include "contract/queue_contract.hpp"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <set>

#include "base/event_loops.hpp"
#include "support/commands.hpp"
#include "support/run.hpp"

namespace confab::testing {
namespace {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(queue_contract);

constexpr queue::batch_limits any_batch{1000, 1'000'000'000};

core::command numbered(std::uint64_t n, std::size_t length = 1) {
    return command(new_message(core::app_token::make(), n, std::string(length, 'x')));
}

std::uint64_t number_in(const core::command* c) {
    return std::get<core::create_message>(c->wish).chat.value();
}

// Answers every command with the number it carries.
void answer_with_numbers(queue::receiver& receiver, const std::vector<const core::command*>& batch) {
    std::vector<queue::outcome> outcomes;
    for (const auto* c : batch) outcomes.push_back(core::answer{core::created{number_in(c), {}}});
    receiver.answer(std::move(outcomes));
}

// Sends commands 1..n from one loop and counts their answers.
class sender_loop {
public:
    sender_loop(queue_fixture& q, std::uint64_t n, std::size_t length = 1) {
        for (std::uint64_t i = 1; i <= n; ++i) commands_.push_back(numbered(i, length));
        for (const auto& c : commands_) asio::co_spawn(loop_, send(q.sender(), c), asio::detached);
        loop_.poll();
    }

    void run() {
        loop_.restart();
        loop_.poll();
    }

    std::size_t answered() const { return answered_; }
    std::size_t refused_with(error e) const { return refused_.count(e); }

private:
    awaitable<void> send(queue::sender& sender, const core::command& c) {
        const auto outcome = co_await sender.submit(c);
        if (outcome) {
            EXPECT_EQ(std::get<core::created>(*outcome).number, number_in(&c));
            ++answered_;
        } else {
            refused_.insert(static_cast<error>(outcome.error().value()));
        }
    }

    asio::io_context loop_;
    std::vector<core::command> commands_;
    std::size_t answered_ = 0;
    std::multiset<error> refused_;
};

TEST_P(queue_contract, hands_over_in_order_and_answers_each_its_own) {
    const auto q = GetParam().make({});
    sender_loop sent(*q, 10);
    const auto batch = run(q->receiver().take(any_batch));
    ASSERT_EQ(batch.size(), 10U);
    for (std::size_t i = 0; i < batch.size(); ++i) EXPECT_EQ(number_in(batch[i]), i + 1);
    EXPECT_EQ(sent.answered(), 0U);
    answer_with_numbers(q->receiver(), batch);
    sent.run();
    EXPECT_EQ(sent.answered(), 10U);
}

TEST_P(queue_contract, takes_no_more_than_a_batch_may_hold) {
    const auto q = GetParam().make({});
    sender_loop sent(*q, 10, 1000);
    std::vector<std::size_t> sizes;
    for (const queue::batch_limits limits :
         {queue::batch_limits{4, 1'000'000}, {100, 3000}, {100, 1}, {100, 1'000'000}}) {
        const auto batch = run(q->receiver().take(limits));
        sizes.push_back(batch.size());
        answer_with_numbers(q->receiver(), batch);
    }
    EXPECT_EQ(sizes, (std::vector<std::size_t>{4, 2, 1, 3}));
    sent.run();
    EXPECT_EQ(sent.answered(), 10U);
}

TEST_P(queue_contract, full_of_commands_refuses_and_takes_again_once_there_is_room) {
    const auto q = GetParam().make({.commands_max = 3});
    sender_loop first(*q, 5);
    first.run();
    EXPECT_EQ(first.refused_with(error::overloaded), 2U);
    const auto batch = run(q->receiver().take(any_batch));
    EXPECT_EQ(batch.size(), 3U);
    sender_loop meanwhile(*q, 1);  // what is being written still counts
    meanwhile.run();
    EXPECT_EQ(meanwhile.refused_with(error::overloaded), 1U);
    answer_with_numbers(q->receiver(), batch);
    sender_loop second(*q, 3);
    second.run();
    EXPECT_EQ(second.refused_with(error::overloaded), 0U);
    answer_with_numbers(q->receiver(), run(q->receiver().take(any_batch)));
    second.run();
    EXPECT_EQ(second.answered(), 3U);
}

TEST_P(queue_contract, full_of_bytes_refuses) {
    const auto q = GetParam().make({.bytes_max = 25'000});
    sender_loop sent(*q, 5, 10'000);
    sent.run();
    EXPECT_EQ(sent.refused_with(error::overloaded), 3U);
    answer_with_numbers(q->receiver(), run(q->receiver().take(any_batch)));
    sent.run();
    EXPECT_EQ(sent.answered(), 2U);
}

TEST_P(queue_contract, closed_hands_over_what_waits_and_then_ends) {
    const auto q = GetParam().make({});
    sender_loop sent(*q, 2);
    q->close();
    sender_loop late(*q, 1);
    late.run();
    EXPECT_EQ(late.refused_with(error::shutting_down), 1U);
    const auto batch = run(q->receiver().take(any_batch));
    EXPECT_EQ(batch.size(), 2U);
    answer_with_numbers(q->receiver(), batch);
    EXPECT_TRUE(run(q->receiver().take(any_batch)).empty());
    sent.run();
    EXPECT_EQ(sent.answered(), 2U);
}

TEST_P(queue_contract, wakes_a_taker_that_sleeps_for_a_command_and_for_the_end) {
    const auto q = GetParam().make({});
    asio::io_context taker;
    std::vector<std::size_t> sizes;
    asio::co_spawn(
        taker,
        [&]() -> awaitable<void> {
            for (;;) {
                const auto batch = co_await q->receiver().take(any_batch);
                sizes.push_back(batch.size());
                if (batch.empty()) co_return;
                answer_with_numbers(q->receiver(), batch);
            }
        },
        asio::detached);
    taker.poll();
    EXPECT_TRUE(sizes.empty());
    sender_loop sent(*q, 1);
    taker.restart();
    taker.poll();
    q->close();
    taker.restart();
    taker.run();
    EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 0}));
    sent.run();
    EXPECT_EQ(sent.answered(), 1U);
}

TEST_P(queue_contract, answers_every_command_of_many_threads_once) {
    constexpr std::uint64_t per_thread = 5000;
    const auto q = GetParam().make({});
    event_loops senders(3), taker(1);
    std::atomic<std::uint64_t> answered = 0, sum = 0;
    asio::co_spawn(
        taker.at(0),
        [&]() -> awaitable<void> {
            for (;;) {
                const auto batch = co_await q->receiver().take({64, 1'000'000});
                if (batch.empty()) co_return;
                answer_with_numbers(q->receiver(), batch);
            }
        },
        asio::detached);
    std::promise<void> all;
    const auto send_in_turn = [&](std::uint64_t first) -> awaitable<void> {
        for (auto n = first; n < first + per_thread / 10; ++n) {
            const auto c = numbered(n);
            const auto outcome = co_await q->sender().submit(c);
            sum += std::get<core::created>(outcome.value()).number;
            if (++answered == 3 * per_thread) all.set_value();
        }
    };
    for (std::uint64_t i = 0; i < 30; ++i)
        asio::co_spawn(senders.at(i % 3), send_in_turn(1 + i * per_thread / 10), asio::detached);
    taker.start();
    senders.start();
    all.get_future().wait();
    q->close();
    EXPECT_EQ(sum, 3 * per_thread * (3 * per_thread + 1) / 2);
}

}  // namespace
}  // namespace confab::testing
