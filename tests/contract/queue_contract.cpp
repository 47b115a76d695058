#include "contract/queue_contract.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_future.hpp>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>

#include "support/commands.hpp"

namespace confab::testing {
namespace {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(queue_contract);

constexpr queue::batch_limits any_batch{1000, 1'000'000'000};
constexpr std::chrono::seconds patience{60};  // reached only if a queue loses something

// All for one chat, so that they are ordered. The content of each is its number, padded with blanks.
core::command numbered(std::uint64_t n, std::size_t length = 1) {
    static const auto app = core::app_token::make();
    auto content = std::to_string(n);
    content.resize(std::max(length, content.size()), ' ');
    return command(new_message(app, 1, std::move(content)));
}

std::uint64_t number_in(const core::command& c) {
    return std::stoull(std::get<core::create_message>(c.payload).content.text());
}

// Commands that were sent together, and their outcomes.
class sent {
public:
    sent(queue_fixture& q, std::uint64_t first, std::uint64_t last, std::size_t length = 1) {
        for (auto n = first; n <= last; ++n) commands_.push_back(numbered(n, length));
        // One coroutine starts all of them, so that they are sent in order.
        asio::co_spawn(
            q.senders().at(0),
            [this, &q]() -> awaitable<void> {
                const auto loop = co_await asio::this_coro::executor;
                for (const auto& c : commands_) asio::co_spawn(loop, send(q.sender(), c), asio::detached);
            },
            asio::detached);
    }
    ~sent() { EXPECT_EQ(all_done_.get_future().wait_for(patience), std::future_status::ready); }

    std::size_t answered() {
        const std::lock_guard lock(mutex_);
        return answered_;
    }
    std::size_t refused_with(error e) {
        const std::lock_guard lock(mutex_);
        return refused_[e];
    }

    void wait_for_refusals(std::size_t count) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, patience, [&] { return done_ - answered_ >= count; }));
    }
    void wait_for_answers(std::size_t count) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, patience, [&] { return answered_ >= count; }));
    }

private:
    awaitable<void> send(queue::sender& sender, const core::command& c) {
        const auto outcome = co_await sender.submit(c);
        const std::lock_guard lock(mutex_);
        if (outcome) {
            EXPECT_EQ(std::get<core::created>(*outcome).number, number_in(c));
            ++answered_;
        } else {
            ++refused_[static_cast<error>(outcome.error().value())];
        }
        changed_.notify_all();
        if (++done_ == commands_.size()) all_done_.set_value();
    }

    std::vector<core::command> commands_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t answered_ = 0, done_ = 0;
    std::map<error, std::size_t> refused_;
    std::promise<void> all_done_;
};

// Takes one batch, answers every command with the number in it, and returns these numbers.
awaitable<std::vector<std::uint64_t>> answer_one(queue::receiver& receiver, queue::batch_limits limits) {
    const auto batch = co_await receiver.take(limits);
    std::vector<std::uint64_t> numbers;
    std::vector<queue::outcome> outcomes;
    for (const auto* c : batch) {
        numbers.push_back(number_in(*c));
        outcomes.push_back(core::command_result{core::created{number_in(*c), {}}});
    }
    if (!batch.empty()) receiver.answer(std::move(outcomes));
    co_return numbers;
}

std::vector<std::uint64_t> answer_batch(queue_fixture& q, queue::batch_limits limits = any_batch) {
    return asio::co_spawn(q.receiver_executor(), answer_one(q.receiver(), limits), asio::use_future).get();
}

std::vector<std::uint64_t> range(std::uint64_t first, std::uint64_t last) {
    std::vector<std::uint64_t> all;
    for (auto n = first; n <= last; ++n) all.push_back(n);
    return all;
}

TEST_P(queue_contract, delivers_in_order_and_answers_each_sender) {
    const auto q = GetParam().make({});
    sent ten(*q, 1, 10);
    q->wait_for(10);
    EXPECT_EQ(ten.answered(), 0U);
    EXPECT_EQ(answer_batch(*q), range(1, 10));
    ten.wait_for_answers(10);
}

TEST_P(queue_contract, takes_no_more_than_a_batch_may_hold) {
    const auto q = GetParam().make({});
    sent ten(*q, 1, 10, 1000);
    q->wait_for(10);
    EXPECT_EQ(answer_batch(*q, {4, 1'000'000}), range(1, 4));
    EXPECT_EQ(answer_batch(*q, {100, 3000}), range(5, 6));
    EXPECT_EQ(answer_batch(*q, {100, 1}), range(7, 7));
    EXPECT_EQ(answer_batch(*q, {100, 1'000'000}), range(8, 10));
    ten.wait_for_answers(10);
}

TEST_P(queue_contract, full_of_commands_refuses_and_accepts_again_after_a_drain) {
    const auto q = GetParam().make({.commands_max = 3});
    sent first(*q, 1, 5);
    first.wait_for_refusals(2);
    EXPECT_EQ(first.refused_with(error::overloaded), 2U);
    const auto taken = asio::co_spawn(q->receiver_executor(), q->receiver().take(any_batch), asio::use_future).get();
    EXPECT_EQ(taken.size(), 3U);
    {
        sent meanwhile(*q, 6, 6);  // commands that are being written still count
        meanwhile.wait_for_refusals(1);
        EXPECT_EQ(meanwhile.refused_with(error::overloaded), 1U);
    }
    std::vector<queue::outcome> outcomes;
    for (const auto* c : taken) outcomes.push_back(core::command_result{core::created{number_in(*c), {}}});
    asio::post(q->receiver_executor(), [&] { q->receiver().answer(std::move(outcomes)); });
    first.wait_for_answers(3);
    q->wait_for(0);
    sent second(*q, 7, 9);
    q->wait_for(3);
    EXPECT_EQ(answer_batch(*q), range(7, 9));
}

TEST_P(queue_contract, full_of_bytes_refuses) {
    const auto q = GetParam().make({.bytes_max = 25'000});
    sent five(*q, 1, 5, 10'000);
    five.wait_for_refusals(3);
    EXPECT_EQ(five.refused_with(error::overloaded), 3U);
    EXPECT_EQ(answer_batch(*q), range(1, 2));
}

TEST_P(queue_contract, wakes_a_waiting_receiver_for_a_command_and_for_close) {
    const auto q = GetParam().make({});
    auto first = asio::co_spawn(q->receiver_executor(), answer_one(q->receiver(), any_batch), asio::use_future);
    EXPECT_EQ(first.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
    sent one(*q, 1, 1);
    EXPECT_EQ(first.get(), range(1, 1));
    auto second = asio::co_spawn(q->receiver_executor(), answer_one(q->receiver(), any_batch), asio::use_future);
    q->close();
    EXPECT_TRUE(second.get().empty());
}

TEST_P(queue_contract, closed_accepts_no_commands) {
    const auto q = GetParam().make({});
    q->close();
    sent late(*q, 1, 1);
    late.wait_for_refusals(1);
    EXPECT_EQ(late.refused_with(error::shutting_down), 1U);
}

TEST_P(queue_contract, delivered_commands_complete_with_or_without_a_waiting_sender) {
    const auto q = GetParam().make({});
    const auto c = numbered(1);
    auto kept = asio::co_spawn(q->senders().at(0), q->sender().submit_with_timeout(c, std::chrono::milliseconds(0)),
                               asio::use_future);
    q->wait_for(1);
    EXPECT_EQ(answer_batch(*q), range(1, 1));
    const auto answer = kept.get();
    ASSERT_TRUE(answer);
    if (*answer) {
        EXPECT_EQ(std::get<core::created>(**answer).number, 1U);
    }
}

TEST_P(queue_contract, answers_every_command_of_many_senders_once) {
    constexpr std::uint64_t per_sender = 300, senders = 30;
    const auto q = GetParam().make({});
    std::vector<std::uint64_t> seen;
    auto taking = asio::co_spawn(
        q->receiver_executor(),
        [&]() -> awaitable<void> {
            while (seen.size() < per_sender * senders) {
                const queue::batch_limits narrow{64, 1'000'000};
                const auto numbers = co_await answer_one(q->receiver(), narrow);
                seen.insert(seen.end(), numbers.begin(), numbers.end());
            }
        },
        asio::use_future);
    const auto send_in_turn = [&](std::uint64_t first) -> awaitable<std::uint64_t> {
        std::uint64_t sum = 0;
        for (auto n = first; n < first + per_sender; ++n) {
            const auto c = numbered(n);
            const auto outcome = co_await q->sender().submit(c);
            sum += std::get<core::created>(outcome.value()).number;
        }
        co_return sum;
    };
    std::vector<std::future<std::uint64_t>> sums;
    for (std::uint64_t i = 0; i < senders; ++i) {
        auto& loop = q->senders().at(i % q->senders().size());
        sums.push_back(asio::co_spawn(loop, send_in_turn(1 + i * per_sender), asio::use_future));
    }
    std::uint64_t sum = 0;
    for (auto& s : sums) sum += s.get();
    taking.get();
    EXPECT_EQ(sum, senders * per_sender * (senders * per_sender + 1) / 2);
    std::ranges::sort(seen);
    EXPECT_EQ(seen, range(1, senders * per_sender));
}

}  // namespace
}  // namespace confab::testing
