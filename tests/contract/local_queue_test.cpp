// The queue within one process: the contract, and its own features.
#include "queue/local/local_queue.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <future>

#include "contract/queue_contract.hpp"
#include "support/commands.hpp"

namespace confab::testing {
namespace {

class counted_sender final : public queue::sender {
public:
    explicit counted_sender(queue::sender& to) : to_(to) {}

    awaitable<queue::outcome> submit(const core::command& c) override {
        ++sent;
        auto outcome = co_await to_.submit(c);
        --sent;
        co_return outcome;
    }
    awaitable<result<std::optional<core::command_result>>> submit_with_timeout(
        const core::command& c, std::chrono::milliseconds most) override {
        ++sent;
        auto outcome = co_await to_.submit_with_timeout(c, most);
        --sent;
        co_return outcome;
    }

    std::atomic<std::size_t> sent = 0;

private:
    queue::sender& to_;
};

class local_fixture final : public queue_fixture {
public:
    explicit local_fixture(queue_limits limits)
        : queue_(queue::make_local_queue({limits.commands_max, limits.bytes_max})), counted_(*queue_) {
        loops_.start();
        taker_.start();
    }
    ~local_fixture() override {
        loops_.stop();
        taker_.stop();
    }

    queue::sender& sender() override { return counted_; }
    queue::receiver& receiver() override { return *queue_; }
    void close() override { queue_->close(); }
    event_loops& senders() override { return loops_; }
    asio::any_io_executor receiver_executor() override { return taker_.at(0).get_executor(); }
    void wait_for(std::size_t commands) override {
        while (counted_.sent != commands) std::this_thread::yield();
        // Counted commands may still be on their way into the queue. They are in it after the loop's next task.
        for (std::size_t i = 0; i < loops_.size(); ++i) {
            std::promise<void> passed;
            asio::post(loops_.at(i), [&] { passed.set_value(); });
            passed.get_future().wait();
        }
    }

private:
    std::unique_ptr<queue::local_queue> queue_;
    counted_sender counted_;
    event_loops loops_{3}, taker_{1};
};

INSTANTIATE_TEST_SUITE_P(local, queue_contract,
                         ::testing::Values(named_queue{
                             "local", [](queue_limits limits) { return std::make_unique<local_fixture>(limits); }}),
                         [](const auto& tested) { return tested.param.name; });

TEST(local_queue, closed_delivers_queued_commands_and_then_ends) {
    local_fixture q({});
    const auto c = command(core::create_chat{core::app_token::make()});
    auto waiting = asio::co_spawn(q.senders().at(0), q.sender().submit(c), asio::use_future);
    q.wait_for(1);
    q.close();
    const auto take = [&] {
        return asio::co_spawn(q.receiver_executor(), q.receiver().take({10, 1'000'000}), asio::use_future).get();
    };
    EXPECT_EQ(take().size(), 1U);
    q.receiver().answer({core::command_result{core::created{1, {}}}});
    EXPECT_TRUE(waiting.get());
    EXPECT_TRUE(take().empty());
}

}  // namespace
}  // namespace confab::testing
