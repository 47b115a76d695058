// Hints of the live feed, on the real server that CONFAB_TEST_REDIS names.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <cstdlib>
#include <future>
#include <stdexcept>
#include <thread>

#include "base/event_loops.hpp"
#include "live/redis/hint_codec.hpp"
#include "live/redis/hints.hpp"

namespace confab::live {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto patience = 60s;  // reached only after a failure
const std::string cluster = "0123456789abcdef";

redis::client_options server() {
    const auto* const url = std::getenv("CONFAB_TEST_REDIS");
    if (!url) throw std::runtime_error("CONFAB_TEST_REDIS names no server");
    return {.where = engine_url::parse(url, "redis", 6379)};
}

core::effect message(std::uint64_t chat, std::uint64_t number) {
    core::message_created e;
    e.chat = core::chat_id(chat);
    e.number = core::message_number(number);
    return e;
}

// A worker and a node, on the loops of two threads.
class redis_hints : public ::testing::Test {
protected:
    redis_hints() {
        control_ = redis::make_client(executor(worker_), server());
        sender_ = make_hint_sender(executor(worker_), server(), cluster);
        receiver_ = make_hint_receiver(
            executor(node_), server(), cluster,
            {[this](std::span<const hint> all) { received_.insert(received_.end(), all.begin(), all.end()); },
             [this] { ++missed_; }});
        worker_.start();
        node_.start();
        eventually([&] { return ask({"PING"}).text == "PONG"; });
        wait_for_subscriptions(1);
    }
    ~redis_hints() override {
        worker_.stop();
        node_.stop();
    }

    static asio::any_io_executor executor(event_loops& of) { return of.at(0).get_executor(); }

    template <class Work>
    static auto on_loop(event_loops& of, Work work) {
        std::packaged_task<std::invoke_result_t<Work>()> task(std::move(work));
        auto done = task.get_future();
        asio::post(of.at(0), [&] { task(); });
        return done.get();
    }

    template <class Holds>
    static void eventually(Holds holds) {
        const auto until = clock::now() + patience;
        while (!holds()) {
            ASSERT_LT(clock::now(), until);
            std::this_thread::sleep_for(1ms);
        }
    }

    redis::reply ask(const redis::arguments& a) {
        const auto found =
            asio::co_spawn(worker_.at(0), [this, &a]() { return control_->execute(a); }, asio::use_future).get();
        return found ? *found : redis::reply{};
    }

    void commit(std::uint64_t chat, std::uint64_t number) {
        on_loop(worker_, [&] { sender_->committed({message(chat, number)}); });
    }
    std::vector<hint> received() {
        return on_loop(node_, [this] { return received_; });
    }
    void wait_for_subscriptions(int count) {
        eventually([&] { return on_loop(node_, [this] { return missed_; }) >= count; });
    }
    // Sends hints until one arrives: its own connection may have to be made again first.
    void expect_delivery(std::uint64_t chat) {
        const auto before = received().size();
        std::uint64_t number = 0;
        eventually([&] {
            commit(chat, ++number);
            return received().size() > before;
        });
        EXPECT_EQ(received().at(before).topic, topic_of(core::chat_id(chat)));
    }

    event_loops worker_{1}, node_{1};
    std::unique_ptr<redis::client> control_;
    std::unique_ptr<hint_sender> sender_;
    std::unique_ptr<hint_receiver> receiver_;
    std::vector<hint> received_;
    int missed_ = 0;
};

TEST_F(redis_hints, reach_the_node_in_order) {
    expect_delivery(7);
    constexpr std::uint64_t last = 100;
    for (std::uint64_t number = 1; number <= last; ++number) commit(9, number);
    eventually([&] { return received().back() == hint{topic_of(core::chat_id(9)), last, 0}; });
    std::uint64_t seen = 0;
    for (const auto& h : received()) {
        if (h.topic.id != 9) continue;
        EXPECT_GT(h.creations, seen);
        seen = h.creations;
    }
    eventually([&] { return sender_->sent() == receiver_->received(); });
    EXPECT_EQ(receiver_->received(), received().size());
    EXPECT_EQ(receiver_->malformed(), 0U);
}

TEST_F(redis_hints, of_another_cluster_are_not_received) {
    const auto channel = hint_channel("fedcba9876543210");
    EXPECT_EQ(ask({"PUBLISH", channel, "1 c5:1.0"}).integer, 0);
    expect_delivery(7);
    EXPECT_EQ(received().front().topic.id, 7U);
}

TEST_F(redis_hints, that_are_malformed_are_ignored_and_counted) {
    const auto channel = hint_channel(cluster);
    for (const auto* wrong : {"", "2 c5:1.0", "1 c5:1.0 c", "nonsense"})
        EXPECT_EQ(ask({"PUBLISH", channel, wrong}).integer, 1);
    EXPECT_EQ(ask({"PUBLISH", channel, "1"}).integer, 1);  // no hints
    expect_delivery(7);
    EXPECT_EQ(received().front().topic.id, 7U);
    EXPECT_EQ(receiver_->malformed(), 4U);
}

TEST_F(redis_hints, that_a_lost_connection_may_have_cost_are_reported_once) {
    expect_delivery(7);
    EXPECT_EQ(on_loop(node_, [this] { return missed_; }), 1);
    ask({"CLIENT", "KILL", "TYPE", "pubsub"});
    wait_for_subscriptions(2);
    expect_delivery(8);
    EXPECT_EQ(on_loop(node_, [this] { return missed_; }), 2);
}

TEST_F(redis_hints, go_on_after_the_sender_lost_its_connection) {
    expect_delivery(7);
    ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    expect_delivery(8);
}

TEST_F(redis_hints, are_not_received_after_the_receiver_is_gone) {
    on_loop(node_, [this] { receiver_.reset(); });
    eventually([&] { return ask({"PUBSUB", "NUMSUB", hint_channel(cluster)}).items.at(1).integer == 0; });
    EXPECT_TRUE(received().empty());
}

}  // namespace
}  // namespace confab::live
