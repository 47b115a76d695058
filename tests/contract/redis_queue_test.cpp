// The queue on Redis: the contract and its own features, on the real server that CONFAB_TEST_REDIS names. There is no
// ledger here: nothing is looked up, and this receiver owns every partition.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdlib>
#include <future>
#include <thread>

#include "contract/queue_contract.hpp"
#include "queue/redis/codec.hpp"
#include "queue/redis/redis_queue.hpp"
#include "queue/redis/rename_keys.hpp"
#include "queue/redis/stream_state.hpp"
#include "queue/redis/streams.hpp"
#include "support/commands.hpp"

namespace confab::testing {
namespace {

constexpr std::uint64_t partitions = 4;
const std::string cluster = "0123456789abcdef", other_cluster = "fedcba9876543210";

class no_command_status final : public ledger::command_status {
public:
    awaitable<result<core::last_seen>> snapshot(const core::command&) override { co_return core::last_seen{}; }
    awaitable<result<std::optional<core::command_result>>> lookup(const core::command&,
                                                                  const core::delivery&) override {
        co_return std::optional<core::command_result>();
    }
};

class all_partitions final : public ledger::ownership {
public:
    awaitable<result<std::vector<core::partition_number>>> renew() override {
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
    explicit redis_fixture(queue_limits limits, std::string name = cluster, bool is_first = true)
        : cluster_(std::move(name)) {
        control_ = redis::make_client(taker_.at(0).get_executor(), server());
        receiver_ =
            queue::make_redis_receiver(taker_.at(0).get_executor(), ownership_, {server(), cluster_, partitions});
        sender_ = queue::make_redis_sender(loops_, command_status_,
                                           {.redis = server(),
                                            .cluster = cluster_,
                                            .partitions = partitions,
                                            .commands_max = limits.commands_max,
                                            .bytes_max = limits.bytes_max,
                                            .answer_deadline = std::chrono::seconds(30)});
        loops_.start();
        taker_.start();
        while (is_first && ask({"FLUSHALL"}).text != "OK") std::this_thread::yield();
        const auto channels = "confab:" + cluster_ + ":answers:*";
        while (ask({"PUBSUB", "CHANNELS", channels}).items.size() < loops_.size()) std::this_thread::yield();
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
    asio::any_io_executor receiver_executor() override { return taker_.at(0).get_executor(); }
    void wait_for(std::size_t commands) override {
        while (waiting() != commands) std::this_thread::yield();
    }

    std::size_t waiting() {
        std::int64_t all = 0;
        for (const auto& keys : queue::keys_of_all(cluster_, partitions)) all += ask({"XLEN", keys.stream}).integer;
        return static_cast<std::size_t>(all);
    }

    redis::reply ask(redis::arguments a) {
        const auto reply =
            asio::co_spawn(receiver_executor(), [this, &a]() { return control_->execute(a); }, asio::use_future).get();
        return reply ? *reply : redis::reply{};
    }

private:
    const std::string cluster_;
    event_loops loops_{3}, taker_{1};
    no_command_status command_status_;
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
        return asio::co_spawn(q.receiver_executor(), q.receiver().take(limits), asio::use_future).get();
    }
    void answer(std::vector<queue::outcome> outcomes) {
        std::promise<void> done;
        asio::post(q.receiver_executor(), [&] {
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

TEST_F(redis_queue, redelivers_uncompleted_commands) {
    const auto c = command(new_message(app, 1, "x"));
    auto waiting = submit(c);
    EXPECT_EQ(take().front()->job, c.job);
    answer({error::unavailable});
    const auto again = take();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again.front()->job, c.job);
    answer({core::command_result{core::created{1, {}}}});
    EXPECT_EQ(std::get<core::created>(waiting.get().value()).number, 1U);
    q.wait_for(0);
}

TEST_F(redis_queue, returns_epoch_and_position_of_each_delivery) {
    const auto a = command(new_message(app, 1, "a")), b = command(new_message(app, 1, "b"));
    auto first = submit(a), second = submit(b);
    q.wait_for(2);
    const auto batch = take();
    ASSERT_EQ(batch.size(), 2U);
    EXPECT_EQ(batch[0]->delivery->partition, core::partition_of(app, core::chat_number(1), partitions));
    EXPECT_EQ(batch[0]->delivery->epoch, batch[1]->delivery->epoch);
    EXPECT_LT(batch[0]->delivery->at, batch[1]->delivery->at);
    const auto epoch = batch[0]->delivery->epoch;
    answer({error::not_found, core::command_result{core::created{1, {}}}});
    EXPECT_EQ(first.get().error(), error::not_found);
    EXPECT_TRUE(second.get());
    q.ask({"FLUSHALL"});
    auto third = submit(a);
    EXPECT_NE(take().front()->delivery->epoch, epoch);
    answer({core::command_result{core::created{1, {}}}});
    EXPECT_TRUE(third.get());
}

TEST_F(redis_queue, delivers_undecodable_entries_in_order) {
    const auto stream =
        queue::keys_of_all(cluster, partitions)[core::partition_of(app, core::chat_number(1), partitions)].stream;
    q.ask({"XADD", stream, "*", "anything", "else"});
    const auto c = command(new_message(app, 1, "x"));
    auto waiting = submit(c);
    q.wait_for(2);
    const auto batch = take();
    ASSERT_EQ(batch.size(), 2U);
    EXPECT_TRUE(std::holds_alternative<core::unreadable>(batch[0]->payload));
    EXPECT_EQ(batch[0]->delivery->epoch, batch[1]->delivery->epoch);
    answer({error::rejected, core::command_result{core::created{1, {}}}});
    EXPECT_TRUE(waiting.get());
    q.wait_for(0);
}

TEST_F(redis_queue, never_deletes_a_new_entry_that_reuses_a_completed_id) {
    const auto c = command(new_message(app, 1, "old"));
    auto old = submit(c);
    const auto batch = take();
    ASSERT_EQ(batch.size(), 1U);
    const auto keys = queue::keys_of_all(cluster, partitions)[batch[0]->delivery->partition];
    const auto id = queue::text_of(batch[0]->delivery->at);
    q.ask({"FLUSHALL"});
    q.ask({"SET", keys.epoch, "0123456789abcdef"});
    q.ask({"XADD", keys.stream, id, "e", "0123456789abcdef", "c", "new"});
    answer({core::command_result{core::created{1, {}}}});
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
        answer({core::command_result{core::created{1, {}}}});
        EXPECT_TRUE(waiting.get());
        // It was not deleted, so it is received again. Then it is deleted.
        const auto again = take();
        ASSERT_EQ(again.size(), 1U);
        EXPECT_EQ(again.front()->job, c.job);
        answer({core::command_result{core::created{1, {}}}});
        q.wait_for(0);
    }
}

std::size_t count(const std::string& text, std::string_view of) {
    std::size_t found = 0;
    for (auto at = text.find(of); at != std::string::npos; at = text.find(of, at + 1)) ++found;
    return found;
}

TEST_F(redis_queue, logs_once_what_redis_refuses_of_a_completed_batch) {
    const auto c = command(new_message(app, 1, "x"));
    auto waiting = submit(c);
    ASSERT_EQ(take().size(), 1U);
    q.ask({"ACL", "SETUSER", "default", "-xdel", "-publish"});
    ::testing::internal::CaptureStdout();
    for (int turn = 0; turn < 3; ++turn) {
        answer({core::command_result{core::created{1, {}}}});
        EXPECT_EQ(take().size(), 1U);  // its reply comes after the refusals
    }
    const auto log = ::testing::internal::GetCapturedStdout();
    EXPECT_EQ(count(log, "Redis refused the script that deletes processed entries, or part of it: "), 1U) << log;
    EXPECT_EQ(count(log, "Redis refuses PUBLISH; nodes read results from MySQL: NOPERM"), 1U) << log;
    q.ask({"ACL", "SETUSER", "default", "+@all"});
    answer({core::command_result{core::created{1, {}}}});
    EXPECT_TRUE(waiting.get());
    q.wait_for(0);
}

TEST_F(redis_queue, remembers_the_last_entry_that_was_committed_of_each_partition) {
    const auto committed = [this] {
        const auto ask = [this]() -> awaitable<std::vector<core::delivery>> {
            const auto client = redis::make_client(q.receiver_executor(), server());
            while (!client->is_connected()) co_await asio::post(q.receiver_executor(), asio::use_awaitable);
            auto found = co_await queue::committed_deliveries(*client, cluster, partitions);
            co_return std::move(found.value());
        };
        return asio::co_spawn(q.receiver_executor(), ask(), asio::use_future).get();
    };
    EXPECT_TRUE(committed().empty());
    const auto a = command(new_message(app, 1, "a")), b = command(new_message(app, 1, "b"));
    auto first = submit(a), second = submit(b);
    q.wait_for(2);
    const auto batch = take();
    ASSERT_EQ(batch.size(), 2U);
    const auto last = *batch[1]->delivery;
    answer({core::command_result{core::created{1, {}}}, core::command_result{core::created{2, {}}}});
    q.wait_for(0);
    const auto found = committed();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].partition, last.partition);
    EXPECT_EQ(found[0].epoch, last.epoch);
    EXPECT_EQ(found[0].at, last.at);
    EXPECT_TRUE(first.get());
    EXPECT_TRUE(second.get());
    // An entry that is delivered late has an older id.
    const auto keys = queue::keys_of_all(cluster, partitions)[last.partition];
    q.ask({"DEL", keys.stream});
    q.ask({"XADD", keys.stream, "0-1", "e", queue::text_of(last.epoch), "c", "no command"});
    ASSERT_EQ(take().size(), 1U);
    answer({core::command_result{core::created{1, {}}}});
    q.wait_for(0);
    EXPECT_EQ(committed().at(0).at, last.at);
}

TEST_F(redis_queue, reads_busy_and_quiet_streams_in_one_batch) {
    std::vector<core::command> commands;
    for (std::uint64_t chat = 1; chat <= 40; ++chat) commands.push_back(command(new_message(app, chat, "x")));
    auto first = submit(commands.front());
    EXPECT_EQ(take().size(), 1U);
    answer({core::command_result{core::created{1, {}}}});
    EXPECT_TRUE(first.get());
    std::vector<std::future<queue::outcome>> waiting;
    for (const auto& c : commands) waiting.push_back(submit(c));
    q.wait_for(commands.size());
    EXPECT_EQ(take().size(), commands.size());
    answer(std::vector<queue::outcome>(commands.size(), core::command_result{core::created{1, {}}}));
    for (auto& one : waiting) EXPECT_TRUE(one.get());
    q.wait_for(0);
}

// Both use one database of one Redis. Each command goes to its own cluster's receiver, and its response to its sender.
TEST_F(redis_queue, of_two_clusters_are_isolated) {
    redis_fixture other({}, other_cluster, false);
    const auto mine = command(new_message(app, 1, "mine")), theirs = command(new_message(app, 1, "theirs"));
    auto here = submit(mine);
    auto there = asio::co_spawn(other.senders().at(0), other.sender().submit(theirs), asio::use_future);
    q.wait_for(1);
    other.wait_for(1);
    const auto taken = take();
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken.front()->job, mine.job);
    answer({core::command_result{core::created{1, {}}}});
    EXPECT_EQ(std::get<core::created>(here.get().value()).number, 1U);
    q.wait_for(0);
    EXPECT_EQ(other.waiting(), 1U);
    const queue::batch_limits limits{1000, 1'000'000};
    const auto left = asio::co_spawn(other.receiver_executor(), other.receiver().take(limits), asio::use_future).get();
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left.front()->job, theirs.job);
    asio::co_spawn(
        other.receiver_executor(),
        [&other]() -> awaitable<void> {
            other.receiver().answer({core::command_result{core::created{2, {}}}});
            co_return;
        },
        asio::use_future)
        .get();
    EXPECT_EQ(std::get<core::created>(there.get().value()).number, 2U);
}

// A queue of version 0.1.0: entries of its script, under its names. Responses go to its channel.
class renamed_queue : public redis_queue {
protected:
    static constexpr auto old_channel = "confab:answers:00112233445566778899aabb";

    // False: the queue is full.
    bool send_by_old_node(const core::command& c, std::uint64_t p = 0) {
        const auto keys = queue::old_keys_of_all(partitions)[p];
        const auto entry = queue::encode(c, {}, old_channel);
        const std::string script(queue::send_script);
        const auto sent = q.ask({"EVAL", script, "3", keys.stream, keys.epoch, keys.bytes, entry, "20000", "268435456",
                                 "0123456789abcdef"});
        return sent.is_array_of(2);
    }
    std::uint64_t rename() {
        return asio::co_spawn(
                   q.receiver_executor(),
                   [this]() -> awaitable<std::uint64_t> {
                       const auto client = redis::make_client(q.receiver_executor(), server());
                       const redis::arguments ping{"PING"};
                       while (!client->is_connected()) co_await asio::post(q.receiver_executor(), asio::use_awaitable);
                       co_return co_await queue::rename_old_keys(*client, cluster, partitions);
                   },
                   asio::use_future)
            .get();
    }
};

TEST_F(renamed_queue, delivers_all_queued_entries_in_order_and_epoch_and_answers_on_its_channel) {
    std::vector<core::command> sent;
    for (int n = 0; n < 10; ++n) sent.push_back(command(new_message(app, 1, std::to_string(n))));
    for (const auto& c : sent) ASSERT_TRUE(send_by_old_node(c, 2));
    EXPECT_EQ(rename(), 10U);
    const auto batch = take();
    ASSERT_EQ(batch.size(), sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) EXPECT_EQ(batch[i]->job, sent[i].job);
    EXPECT_EQ(batch.front()->delivery->epoch, queue::parse_epoch("0123456789abcdef"));
    EXPECT_EQ(batch.front()->delivery->partition, 2U);

    std::promise<std::string> heard;
    const auto listening = [&] {
        return redis::subscribe(q.receiver_executor(), server(), old_channel,
                                [&heard](std::string_view message) { heard.set_value(std::string(message)); });
    };
    auto subscription = asio::post(q.receiver_executor(), asio::use_future(listening)).get();
    while (q.ask({"PUBSUB", "NUMSUB", old_channel}).items.at(1).integer == 0) std::this_thread::yield();
    answer(std::vector<queue::outcome>(sent.size(), core::command_result{core::created{1, {}}}));
    const auto answers = queue::decode_answers(heard.get_future().get());
    ASSERT_EQ(answers.size(), sent.size());
    EXPECT_EQ(answers.front().job, sent.front().job);
    asio::post(q.receiver_executor(), asio::use_future([&] { subscription.reset(); })).get();
    q.wait_for(0);
}

TEST_F(renamed_queue, is_full_for_nodes_that_still_send_under_its_old_name) {
    EXPECT_TRUE(send_by_old_node(command(new_message(app, 1, "before"))));
    EXPECT_EQ(rename(), 1U);
    EXPECT_FALSE(send_by_old_node(command(new_message(app, 1, "after"))));
    EXPECT_FALSE(send_by_old_node(command(new_message(app, 1, "after")), 1));  // the stream was empty
    EXPECT_EQ(q.waiting(), 1U);
}

TEST_F(renamed_queue, may_be_renamed_again_after_an_interruption) {
    for (std::uint64_t p = 0; p < partitions; ++p) send_by_old_node(command(new_message(app, 1, "x")), p);
    const auto before = queue::old_keys_of_all(partitions)[1], after = queue::keys_of_all(cluster, partitions)[1];
    q.ask({"RENAME", before.stream, after.stream});
    q.ask({"RENAME", before.epoch, after.epoch});
    q.ask({"RENAME", before.bytes, after.bytes});
    EXPECT_EQ(rename(), partitions - 1);
    EXPECT_EQ(rename(), 0U);
    EXPECT_EQ(take().size(), partitions);
}

TEST_F(renamed_queue, is_refused_and_unchanged_where_both_names_have_entries) {
    const auto present = command(new_message(app, 1, "new"));
    auto waiting = submit(present);
    q.wait_for(1);
    const auto p = core::partition_of(app, core::chat_number(1), partitions);
    send_by_old_node(command(new_message(app, 1, "old")), p);
    try {
        rename();
        ADD_FAILURE() << "renamed";
    } catch (const startup_error& cause) {
        const std::string why = cause.what();
        EXPECT_NE(why.find(queue::old_keys_of_all(partitions)[p].stream), std::string::npos) << why;
        EXPECT_NE(why.find(queue::keys_of_all(cluster, partitions)[p].stream), std::string::npos) << why;
    }
    EXPECT_EQ(q.waiting(), 1U);
    EXPECT_EQ(q.ask({"XLEN", queue::old_keys_of_all(partitions)[p].stream}).integer, 1);
    EXPECT_EQ(take().size(), 1U);
    answer({core::command_result{core::created{1, {}}}});
    EXPECT_TRUE(waiting.get());
}

}  // namespace
}  // namespace confab::testing
