#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "live/redis/hint_codec.hpp"
#include "live/redis/hints.hpp"
#include "support/scripted_redis.hpp"

namespace confab::live {
namespace {

using redis::reply;

// Replies when the test says so.
class slow_redis final : public testing::scripted_redis {
public:
    void send(const redis::arguments& a, redis::reply_handler then) override {
        commands.emplace_back(a.begin(), a.end());
        waiting.push_back(std::move(then));
    }
    void answer(result<reply> with) {
        auto first = std::move(waiting.front());
        waiting.pop_front();
        std::move(first)(std::move(with));
    }

    std::deque<redis::reply_handler> waiting;
};

core::effect message(std::uint64_t chat, std::uint64_t number) {
    core::message_created e;
    e.chat = core::chat_id(chat);
    e.number = core::message_number(number);
    return e;
}

core::effect edit(std::uint64_t chat, std::uint64_t seq) {
    core::message_edited e;
    e.chat = core::chat_id(chat);
    e.seq = seq;
    return e;
}

core::effect deletion(std::uint64_t chat, std::uint64_t seq) {
    core::message_deleted e;
    e.chat = core::chat_id(chat);
    e.seq = seq;
    return e;
}

core::effect chat(std::uint64_t app, std::uint64_t id, std::uint64_t number) {
    core::chat_created e;
    e.id = core::chat_id(id);
    e.app = core::app_id(app);
    e.number = core::chat_number(number);
    return e;
}

class a_sender_of_hints : public ::testing::Test {
protected:
    static reply received() { return {.type = reply::kind::integer, .integer = 2}; }

    // The hints of the message that was published last, sorted.
    std::vector<hint> last() {
        const auto& command = redis->commands.back();
        EXPECT_EQ(command.size(), 3U);
        EXPECT_EQ(command[0], "PUBLISH");
        EXPECT_EQ(command[1], "confab:0123:live");
        auto hints = decode_hints(command[2]).value();
        std::ranges::sort(hints, {}, &hint::topic);
        return hints;
    }

    static hint of_chat(std::uint64_t id, std::uint64_t messages, std::uint64_t changes) {
        return {topic_of(core::chat_id(id)), messages, changes};
    }

    slow_redis* redis = new slow_redis;  // the sender owns it
    hint_sender tested{std::unique_ptr<redis::client>(redis), "0123"};
};

TEST_F(a_sender_of_hints, publishes_the_last_counters_of_each_touched_topic) {
    tested.committed(
        {message(7, 11), chat(5, 9, 3), message(7, 12), edit(8, 2), deletion(7, 4), chat(5, 10, 4), message(10, 1)});
    EXPECT_EQ(last(), (std::vector{hint{topic_of(core::app_id(5)), 4, 0}, of_chat(7, 12, 4), of_chat(8, 0, 2),
                                   of_chat(10, 1, 0)}));
}

TEST_F(a_sender_of_hints, publishes_nothing_for_effects_that_nobody_can_follow) {
    tested.committed({});
    tested.committed({core::app_created{core::app_id(1), core::app_token::make(), "name", {}, {}},
                      core::app_renamed{core::app_id(1), "another", {}, {}}, core::key_used{}});
    EXPECT_TRUE(redis->commands.empty());
}

TEST_F(a_sender_of_hints, merges_what_is_committed_while_a_message_is_on_its_way) {
    tested.committed({message(7, 1)});
    tested.committed({message(7, 2), edit(7, 1)});
    tested.committed({message(7, 3), message(8, 1)});
    EXPECT_EQ(redis->commands.size(), 1U);
    EXPECT_EQ(last(), std::vector{of_chat(7, 1, 0)});
    redis->answer(received());
    EXPECT_EQ(redis->commands.size(), 2U);
    EXPECT_EQ(last(), (std::vector{of_chat(7, 3, 1), of_chat(8, 1, 0)}));
    redis->answer(received());
    EXPECT_EQ(redis->commands.size(), 2U);
    EXPECT_EQ(tested.sent(), 3U);
    EXPECT_EQ(tested.failed(), 0U);
}

TEST_F(a_sender_of_hints, splits_a_large_batch) {
    constexpr std::uint64_t topics = 2 * hints_per_message_max + 1;
    core::batch_effects effects;
    for (std::uint64_t i = 1; i <= topics; ++i) effects.add(message(i, 1));
    tested.committed(effects);
    std::vector<std::uint64_t> seen;
    while (!redis->waiting.empty()) {
        for (const auto& h : last()) seen.push_back(h.topic.id);
        redis->answer(received());
    }
    EXPECT_EQ(redis->commands.size(), 3U);
    std::ranges::sort(seen);
    ASSERT_EQ(seen.size(), topics);
    for (std::uint64_t i = 0; i < topics; ++i) ASSERT_EQ(seen[i], i + 1);
    EXPECT_EQ(tested.sent(), topics);
}

TEST_F(a_sender_of_hints, goes_on_after_each_failure) {
    const result<reply> failures[] = {error::unavailable, error::outcome_unknown,
                                      reply{.type = reply::kind::error, .text = "NOPERM no permissions"}};
    std::uint64_t count = 0;
    for (const auto& failed : failures) {
        tested.committed({message(7, ++count)});
        redis->answer(failed);
        EXPECT_EQ(tested.failed(), count);
    }
    tested.committed({message(7, 10)});
    EXPECT_EQ(last(), std::vector{of_chat(7, 10, 0)});
    redis->answer(received());
    EXPECT_EQ(tested.sent(), 1U);
}

TEST_F(a_sender_of_hints, keeps_a_bounded_number_of_topics_while_redis_does_not_reply) {
    tested.committed({message(1, 1)});
    core::batch_effects effects;
    for (std::uint64_t i = 1; i <= hint_sender::topics_max + 5; ++i) effects.add(message(i, 2));
    tested.committed(effects);
    EXPECT_EQ(tested.failed(), 5U);
    tested.committed({message(1, 3)});  // its topic waits already
    EXPECT_EQ(tested.failed(), 5U);
    while (!redis->waiting.empty()) redis->answer(received());
    EXPECT_EQ(tested.sent(), 1 + hint_sender::topics_max);
}

}  // namespace
}  // namespace confab::live
