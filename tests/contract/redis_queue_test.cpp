// The queue on Redis: the contract, on the real server that CONFAB_TEST_REDIS names, and what is its own. The ledger's
// part is left out here: nothing is ever looked up, and this taker owns every partition.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdlib>
#include <future>
#include <thread>

#include "contract/queue_contract.hpp"
#include "queue/redis/redis_queue.hpp"
#include "queue/redis/streams.hpp"
#include "support/commands.hpp"

namespace confab::testing {
namespace {

constexpr std::uint64_t partitions = 4;

class no_outcomes final : public ledger::outcomes {
public:
    awaitable<result<core::trace>> before(const core::command&) override { co_return core::trace{}; }
    awaitable<result<std::optional<core::answer>>> of(const core::command&, const core::passage&) override {
        co_return std::optional<core::answer>();
    }
};

class all_partitions final : public ledger::ownership {
public:
    awaitable<result<std::vector<core::partition_number>>> hold() override {
        std::vector<core::partition_number> all;
        for (core::partition_number p = 0; p < partitions; ++p) all.push_back(p);
        co_return all;
    }
    awaitable<void> release() override { co_return; }
};

redis::client_options server() {
    const auto* const url = std::getenv("CONFAB_TEST_REDIS");
    if (!url) throw std::runtime_error("CONFAB_TEST_REDIS names no server");
    return {.where = engine_url::parse(url, "redis", 6379)};
}

class redis_fixture final : public queue_fixture {
public:
    explicit redis_fixture(queue_limits limits) {
        control_ = redis::make_client(taker_.at(0).get_executor(), server());
        receiver_ = queue::make_redis_receiver(taker_.at(0).get_executor(), ownership_, {server(), partitions});
        sender_ = queue::make_redis_sender(loops_, outcomes_,
                                           {.redis = server(),
                                            .partitions = partitions,
                                            .commands_max = limits.commands_max,
                                            .bytes_max = limits.bytes_max,
                                            .answer_deadline = std::chrono::seconds(30)});
        loops_.start();
        taker_.start();
        while (ask({"FLUSHALL"}).text != "OK") std::this_thread::yield();
        while (ask({"PUBSUB", "CHANNELS", "confab:answers:*"}).items.size() < loops_.size()) std::this_thread::yield();
    }
    ~redis_fixture() override {
        loops_.stop();
        taker_.stop();
    }

    queue::sender& sender() override { return *sender_; }
    queue::receiver& receiver() override { return *receiver_; }
    void close() override {
        sender_->close();
        receiver_->close();
    }
    event_loops& senders() override { return loops_; }
    asio::any_io_executor taker() override { return taker_.at(0).get_executor(); }
    void wait_for(std::size_t commands) override {
        while (waiting() != commands) std::this_thread::yield();
    }

    std::size_t waiting() {
        std::int64_t all = 0;
        for (const auto& keys : queue::keys_of_all(partitions)) all += ask({"XLEN", keys.stream}).integer;
        return static_cast<std::size_t>(all);
    }

    redis::reply ask(redis::arguments a) {
        const auto reply = asio::co_spawn(
            taker(), [this, &a]() { return control_->execute(a); }, asio::use_future).get();
        return reply ? *reply : redis::reply{};
    }

private:
    event_loops loops_{3}, taker_{1};
    no_outcomes outcomes_;
    all_partitions ownership_;
    std::unique_ptr<redis::client> control_;
    std::unique_ptr<queue::redis_receiver> receiver_;
    std::unique_ptr<queue::redis_sender> sender_;
};

INSTANTIATE_TEST_SUITE_P(redis, queue_contract,
                         ::testing::Values(named_queue{
                             "redis", [](queue_limits limits) { return std::make_unique<redis_fixture>(limits); }}),
                         [](const auto& tested) { return tested.param.name; });

class redis_queue : public ::testing::Test {
protected:
    std::vector<const core::command*> take() {
        const queue::batch_limits limits{1000, 1'000'000};
        return asio::co_spawn(q.taker(), q.receiver().take(limits), asio::use_future).get();
    }
    void answer(std::vector<queue::outcome> outcomes) {
        std::promise<void> done;
        asio::post(q.taker(), [&] {
            q.receiver().answer(std::move(outcomes));
            done.set_value();
        });
        done.get_future().wait();
    }
    std::future<queue::outcome> submit(const core::command& c) {
        return asio::co_spawn(q.senders().at(0), q.sender().submit(c), asio::use_future);
    }

    redis_fixture q{{}};
    const core::app_token app = core::app_token::make();
};

TEST_F(redis_queue, brings_what_was_not_settled_again) {
    const auto c = command(new_message(app, 1, "x"));
    auto waiting = submit(c);
    EXPECT_EQ(take().front()->job, c.job);
    answer({error::unavailable});
    const auto again = take();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again.front()->job, c.job);
    answer({core::answer{core::created{1, {}}}});
    EXPECT_EQ(std::get<core::created>(waiting.get().value()).number, 1U);
    q.wait_for(0);
}

TEST_F(redis_queue, tells_epoch_and_place_of_what_it_brings) {
    const auto a = command(new_message(app, 1, "a")), b = command(new_message(app, 1, "b"));
    auto first = submit(a), second = submit(b);
    q.wait_for(2);
    const auto batch = take();
    ASSERT_EQ(batch.size(), 2U);
    EXPECT_EQ(batch[0]->came->partition, core::partition_of(app, core::chat_number(1), partitions));
    EXPECT_EQ(batch[0]->came->epoch, batch[1]->came->epoch);
    EXPECT_LT(batch[0]->came->at, batch[1]->came->at);
    const auto epoch = batch[0]->came->epoch;
    answer({error::not_found, core::answer{core::created{1, {}}}});
    EXPECT_EQ(first.get().error(), error::not_found);
    EXPECT_TRUE(second.get());
    q.ask({"FLUSHALL"});
    auto third = submit(a);
    EXPECT_NE(take().front()->came->epoch, epoch);
    answer({core::answer{core::created{1, {}}}});
    EXPECT_TRUE(third.get());
}

TEST_F(redis_queue, brings_what_cannot_be_read_in_its_place) {
    const auto stream = queue::keys_of_all(partitions)[core::partition_of(app, core::chat_number(1), partitions)].stream;
    q.ask({"XADD", stream, "*", "anything", "else"});
    const auto c = command(new_message(app, 1, "x"));
    auto waiting = submit(c);
    q.wait_for(2);
    const auto batch = take();
    ASSERT_EQ(batch.size(), 2U);
    EXPECT_TRUE(std::holds_alternative<core::unreadable>(batch[0]->wish));
    EXPECT_EQ(batch[0]->came->epoch, batch[1]->came->epoch);
    answer({error::rejected, core::answer{core::created{1, {}}}});
    EXPECT_TRUE(waiting.get());
    q.wait_for(0);
}

TEST_F(redis_queue, never_deletes_what_only_bears_the_id_of_something_done) {
    const auto c = command(new_message(app, 1, "old"));
    auto old = submit(c);
    const auto batch = take();
    ASSERT_EQ(batch.size(), 1U);
    const auto keys = queue::keys_of_all(partitions)[batch[0]->came->partition];
    const auto id = queue::text_of(batch[0]->came->at);
    q.ask({"FLUSHALL"});
    q.ask({"SET", keys.epoch, "0123456789abcdef"});
    q.ask({"XADD", keys.stream, id, "e", "0123456789abcdef", "c", "new"});
    answer({core::answer{core::created{1, {}}}});
    EXPECT_TRUE(old.get());
    EXPECT_EQ(take().size(), 1U);
    EXPECT_EQ(q.waiting(), 1U);
    answer({error::rejected});
    q.wait_for(0);
}

TEST_F(redis_queue, deletes_what_was_done_after_redis_forgot_its_scripts) {
    for (int turn = 0; turn < 3; ++turn) {
        const auto c = command(new_message(app, 1, "x"));
        auto waiting = submit(c);
        EXPECT_EQ(take().front()->job, c.job);
        q.ask({"SCRIPT", "FLUSH"});
        answer({core::answer{core::created{1, {}}}});
        EXPECT_TRUE(waiting.get());
        // It was not deleted, so it comes once more; then it goes.
        const auto again = take();
        ASSERT_EQ(again.size(), 1U);
        EXPECT_EQ(again.front()->job, c.job);
        answer({core::answer{core::created{1, {}}}});
        q.wait_for(0);
    }
}

TEST_F(redis_queue, brings_busy_and_quiet_streams_in_one_batch) {
    std::vector<core::command> commands;
    for (std::uint64_t chat = 1; chat <= 40; ++chat) commands.push_back(command(new_message(app, chat, "x")));
    auto first = submit(commands.front());
    EXPECT_EQ(take().size(), 1U);
    answer({core::answer{core::created{1, {}}}});
    EXPECT_TRUE(first.get());
    std::vector<std::future<queue::outcome>> waiting;
    for (const auto& c : commands) waiting.push_back(submit(c));
    q.wait_for(commands.size());
    EXPECT_EQ(take().size(), commands.size());
    answer(std::vector<queue::outcome>(commands.size(), core::answer{core::created{1, {}}}));
    for (auto& one : waiting) EXPECT_TRUE(one.get());
    q.wait_for(0);
}

}  // namespace
}  // namespace confab::testing
