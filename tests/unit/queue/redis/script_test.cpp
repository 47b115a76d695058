#include "queue/redis/script.hpp"

#include <gtest/gtest.h>

#include "queue/redis/streams.hpp"
#include "support/run.hpp"
#include "support/scripted_redis.hpp"

namespace confab::queue {
namespace {

using redis::reply;
using testing::run;
using commands = std::vector<testing::scripted_redis::command>;

constexpr std::string_view text = "return ARGV[1]";

class a_redis_script : public ::testing::Test {
protected:
    static reply refusal(std::string words) { return {.type = reply::kind::error, .text = std::move(words)}; }

    void send() {
        tested.send(server, {"key"}, {"a", "b"}, [this](std::string_view why) { refused.emplace_back(why); });
    }

    testing::scripted_redis server;
    const script tested{text};
    const testing::scripted_redis::command by_digest{"EVALSHA", sha1_of(text), "1", "key", "a", "b"};
    const testing::scripted_redis::command load{"SCRIPT", "LOAD", std::string(text)};
    std::vector<std::string> refused;
};

TEST_F(a_redis_script, runs_by_its_digest) {
    server.replies = {reply{.type = reply::kind::integer, .integer = 5}};
    EXPECT_EQ(run(tested.run(server, {"key"}, {"a", "b"}))->integer, 5);
    EXPECT_EQ(server.commands, commands{by_digest});
    run(tested.run(server, {}, {}));
    EXPECT_EQ(server.commands.back(), (testing::scripted_redis::command{"EVALSHA", sha1_of(text), "0"}));
}

TEST_F(a_redis_script, that_redis_does_not_know_runs_by_its_text) {
    server.replies = {refusal("NOSCRIPT No matching script."), reply{.type = reply::kind::integer, .integer = 5}};
    EXPECT_EQ(run(tested.run(server, {"key"}, {"a", "b"}))->integer, 5);
    EXPECT_EQ(server.commands, (commands{by_digest, {"EVAL", std::string(text), "1", "key", "a", "b"}}));
}

TEST_F(a_redis_script, that_fails_does_not_run_again) {
    for (const result<reply>& failed :
         {result<reply>(refusal("OOM command not allowed")), result<reply>(error::unavailable),
          result<reply>(error::outcome_unknown), result<reply>(reply{.type = reply::kind::text, .text = "NOSCRIPT"})}) {
        server.commands.clear();
        server.replies = {failed};
        const auto found = run(tested.run(server, {"key"}, {"a", "b"}));
        EXPECT_EQ(found.has_value(), failed.has_value());
        EXPECT_EQ(found.error(), failed.error());  // of a reply: no error
        EXPECT_EQ(server.commands, commands{by_digest});
    }
}

TEST_F(a_redis_script, is_loaded_on_request) {
    tested.load_script(server);
    EXPECT_EQ(server.commands, commands{load});
}

TEST_F(a_redis_script, that_is_sent_reports_an_error_reply_only) {
    server.replies = {reply{}, error::outcome_unknown, refusal("OOM command not allowed")};
    for (int i = 0; i < 3; ++i) send();
    EXPECT_EQ(server.commands, (commands{by_digest, by_digest, by_digest}));
    EXPECT_EQ(refused, std::vector<std::string>{"OOM command not allowed"});
}

TEST_F(a_redis_script, that_is_sent_and_unknown_is_loaded_for_the_next_time) {
    server.replies = {refusal("NOSCRIPT No matching script.")};
    send();
    EXPECT_EQ(server.commands, (commands{by_digest, load}));
    EXPECT_TRUE(refused.empty());
}

}  // namespace
}  // namespace confab::queue
