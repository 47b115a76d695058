// The Redis client on the real server that CONFAB_TEST_REDIS names.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <cstdlib>
#include <future>
#include <thread>

#include "base/event_loops.hpp"
#include "drivers/redis/client.hpp"
#include "drivers/redis/role.hpp"

namespace confab::redis {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using kind = failure::kind;

constexpr auto patience = 60s;  // reached only after a failure

engine_url server() {
    const auto* const url = std::getenv("CONFAB_TEST_REDIS");
    if (!url) throw std::runtime_error("CONFAB_TEST_REDIS names no server");
    return engine_url::parse(url, "redis", 6379);
}

client_options with(std::string user, std::string password) {
    client_options options{.where = server()};
    options.where.user = std::move(user);
    options.where.password = std::move(password);
    return options;
}

class redis_client : public ::testing::Test {
protected:
    redis_client() {
        loop_.start();
        control_ = make({.where = server()});
        eventually([&] { return control_->is_connected(); });
    }
    ~redis_client() override { loop_.stop(); }

    template <class Work>
    auto on_loop(Work work) {
        std::packaged_task<std::invoke_result_t<Work>()> task(std::move(work));
        auto done = task.get_future();
        asio::post(loop_.at(0), [&] { task(); });
        return done.get();
    }

    // Clients live until the loop has stopped.
    client* make(client_options options) {
        clients_.push_back(on_loop([&] { return make_client(executor(), options); }));
        return clients_.back().get();
    }

    template <class Holds>
    void eventually(Holds holds) {
        const auto until = clock::now() + patience;
        while (!on_loop(holds)) {
            ASSERT_LT(clock::now(), until);
            std::this_thread::yield();
        }
    }

    failure failure_of_new(client_options options) {
        auto* const made = make(std::move(options));
        eventually([&] { return made->last_failure().has_value(); });
        return on_loop([&] { return made->last_failure().value_or(failure()); });
    }

    std::future<result<reply>> begin(client& on, const arguments& a) {
        return asio::co_spawn(loop_.at(0), [&on, &a]() { return on.execute(a); }, asio::use_future);
    }
    result<reply> execute(client& on, const arguments& a) { return begin(on, a).get(); }
    reply ask(const arguments& a) { return execute(*control_, a).value(); }
    std::int64_t stat(const char* name) { return std::stoll(info_field(ask({"INFO", "stats"}).text, name).value()); }

    asio::any_io_executor executor() { return loop_.at(0).get_executor(); }

    event_loops loop_{1};
    std::vector<std::unique_ptr<client>> clients_;
    client* control_ = nullptr;
};

TEST_F(redis_client, replies_in_order_to_what_goes_out_in_one_write) {
    ask({"DEL", "counter"});
    const auto reads_before = stat("total_reads_processed");
    std::vector<std::int64_t> replies;
    std::promise<void> done;
    on_loop([&] {
        for (int i = 0; i < 1000; ++i)
            control_->send({"INCR", "counter"}, [&](const result<reply>& r) {
                replies.push_back(r.value().integer);
                if (replies.size() == 1000) done.set_value();
            });
    });
    done.get_future().get();
    for (std::size_t i = 0; i < replies.size(); ++i) ASSERT_EQ(replies[i], static_cast<std::int64_t>(i) + 1);
    EXPECT_LT(stat("total_reads_processed") - reads_before, 100);
}

TEST_F(redis_client, carries_values_of_many_megabytes) {
    std::string large(20'000'000, 'x');
    for (std::size_t i = 0; i < large.size(); i += 1000) large[i] = '\n';
    EXPECT_EQ(ask({"SET", "large", large}).text, "OK");
    EXPECT_EQ(ask({"GET", "large"}).text, large);
    ask({"DEL", "large"});
}

TEST_F(redis_client, calls_a_handler_before_later_waiters_go_on) {
    bool is_called = false;
    const auto both = [&]() -> awaitable<bool> {
        control_->send({"PING"}, [&](const result<reply>&) { is_called = true; });
        const arguments last{"PING"};
        co_await control_->execute(last);
        co_return is_called;
    };
    EXPECT_TRUE(asio::co_spawn(loop_.at(0), both, asio::use_future).get());
}

TEST_F(redis_client, closes_a_connection_whose_reply_is_late_and_sends_nothing_again) {
    ask({"DEL", "nothing", "behind"});
    client_options options{.where = server()};
    options.reply_timeout = 300ms;
    auto* const impatient = make(options);
    eventually([&] { return impatient->is_connected(); });
    const arguments wait{"BLPOP", "nothing", "0"}, behind{"SET", "behind", "1"};
    auto late = begin(*impatient, wait), second = begin(*impatient, behind);
    EXPECT_EQ(late.get().error(), error::outcome_unknown);
    EXPECT_EQ(second.get().error(), error::outcome_unknown);
    eventually([&] { return impatient->connection_number() == 2; });
    EXPECT_EQ(execute(*impatient, {"GET", "behind"}).value().type, reply::kind::nil);
}

TEST_F(redis_client, says_which_commands_were_never_sent) {
    for (const bool is_sent : {false, true}) {
        auto* const closing = make({.where = server()});
        eventually([&] { return closing->is_connected(); });
        std::promise<boost::system::error_code> lost;
        on_loop([&] {
            closing->send({"BLPOP", "nothing", "0"}, [&](const result<reply>& r) { lost.set_value(r.error()); });
            if (!is_sent) closing->close();
        });
        while (is_sent && info_field(ask({"INFO", "clients"}).text, "blocked_clients") != "1")
            std::this_thread::yield();
        on_loop([&] { closing->close(); });
        EXPECT_EQ(lost.get_future().get(), is_sent ? error::outcome_unknown : error::unavailable);
    }
}

TEST_F(redis_client, reports_the_error_of_redis_for_a_wrong_password_until_it_is_right) {
    ask({"ACL", "SETUSER", "somebody", "reset", "on", ">right", "~*", "&*", "+@all"});
    const auto refused = failure_of_new(with("somebody", "wrong"));
    EXPECT_EQ(refused.type, kind::refused);
    EXPECT_TRUE(refused.reason.starts_with("WRONGPASS")) << refused.reason;
    ask({"ACL", "SETUSER", "somebody", ">wrong"});
    eventually([&] { return clients_.back()->is_connected(); });
    EXPECT_FALSE(on_loop([&] { return clients_.back()->last_failure(); }));
}

TEST_F(redis_client, reports_the_error_of_redis_for_an_invalid_database) {
    client_options options{.where = server()};
    options.where.path = "99";
    const auto refused = failure_of_new(options);
    EXPECT_EQ(refused.type, kind::refused);
    EXPECT_EQ(refused.reason, "ERR DB index is out of range");
}

TEST_F(redis_client, says_that_nobody_listens_or_the_host_is_not_known) {
    client_options options{.where = server()};
    options.where.port = 1;
    EXPECT_EQ(failure_of_new(options).reason, "connection refused");
    options.where.host = "no-such-host.invalid";
    const auto unknown = failure_of_new(options);
    EXPECT_EQ(unknown.type, kind::unreachable);
    EXPECT_TRUE(unknown.reason.starts_with("host not found")) << unknown.reason;
}

TEST_F(redis_client, connects_where_its_user_may_not_ask_for_the_role) {
    for (const auto* without : {"-role", "-info"}) {
        ask({"ACL", "SETUSER", "somebody", "reset", "on", ">right", "~*", "&*", "+@all", "-role", without});
        auto* const made = make(with("somebody", "right"));
        eventually([&] { return made->is_connected(); });
        EXPECT_EQ(execute(*made, {"PING"}).value().text, "PONG");
    }
}

TEST_F(redis_client, asks_less_and_less_often_where_its_connections_end_at_once) {
    ask({"CONFIG", "SET", "maxclients", "1"});
    const auto rejected_before = stat("rejected_connections");
    const auto begun = clock::now();
    const auto refused = failure_of_new({.where = server()});
    EXPECT_EQ(refused.type, kind::unreachable);
    EXPECT_EQ(refused.reason, "ERR max number of clients reached");
    while (stat("rejected_connections") - rejected_before < 8) std::this_thread::yield();
    EXPECT_GE(clock::now() - begun, 2s);  // pauses of 20, 40 … 640, 1000 ms
    ask({"CONFIG", "SET", "maxclients", "10000"});
    eventually([&] { return clients_.back()->is_connected(); });
}

TEST_F(redis_client, is_subscribed_only_once_redis_has_confirmed_it) {
    ask({"ACL", "SETUSER", "somebody", "reset", "on", ">right", "~*", "&*", "+@all", "-subscribe"});
    ask({"ACL", "LOG", "RESET"});
    std::vector<std::string> received;
    auto listening = on_loop([&] {
        return subscribe(executor(), with("somebody", "right"), "news",
                         [&](std::string_view text) { received.emplace_back(text); });
    });
    while (ask({"ACL", "LOG"}).items.empty()) {
        ASSERT_FALSE(on_loop([&] { return listening->is_subscribed(); }));
        std::this_thread::yield();
    }
    ASSERT_FALSE(on_loop([&] { return listening->is_subscribed(); }));
    ask({"ACL", "SETUSER", "somebody", "+subscribe"});
    eventually([&] { return listening->is_subscribed(); });
    EXPECT_EQ(ask({"PUBLISH", "news", "hello"}).integer, 1);
    eventually([&] { return !received.empty(); });
    EXPECT_EQ(received.front(), "hello");
    on_loop([&] { listening.reset(); });
}

TEST_F(redis_client, keeps_an_idle_subscription) {
    int received = 0;
    auto listening = on_loop(
        [&] { return subscribe(executor(), {.where = server()}, "quiet", [&](std::string_view) { ++received; }); });
    eventually([&] { return listening->is_subscribed(); });
    // The client pings the server each second. The reply must not be taken for a message or a failure.
    const auto pings = [&] {
        const auto all = ask({"INFO", "commandstats"}).text;
        const auto ping = info_field(all, "cmdstat_ping").value_or("calls=0,");
        return std::stoi(ping.substr(ping.find('=') + 1));
    };
    const auto before = pings();
    while (pings() < before + 2) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(on_loop([&] { return listening->is_subscribed(); }));
    EXPECT_EQ(ask({"PUBLISH", "quiet", "now"}).integer, 1);
    eventually([&] { return received == 1; });
    on_loop([&] { listening.reset(); });
}

TEST_F(redis_client, disconnects_from_a_replica_until_it_is_a_primary_again) {
    // Redis does not show the role to this client, so it keeps the connection.
    ask({"ACL", "SETUSER", "somebody", "reset", "on", ">right", "~*", "&*", "+@all", "-role", "-info"});
    auto* const blind = make(with("somebody", "right"));
    engine_state state("Redis");
    client_options options{.where = server()};
    options.state = &state;
    auto* const watching = make(options);
    eventually([&] { return blind->is_connected() && watching->is_connected(); });

    EXPECT_EQ(execute(*blind, {"REPLICAOF", "127.0.0.1", "1"}).value().text, "OK");
    eventually([&] { return !watching->is_connected() && state.has_fault(); });
    EXPECT_EQ(state.fault(), "Redis is a replica and accepts no writes");
    const auto why = on_loop([&] { return watching->last_failure().value_or(failure()); });
    EXPECT_EQ(why.type, kind::no_primary);
    EXPECT_NE(why.reason.find("127.0.0.1:1"), std::string::npos) << why.reason;
    EXPECT_EQ(execute(*watching, {"PING"}).error(), error::unavailable);

    // It cannot query the role, so it learns it from a refused write.
    EXPECT_TRUE(execute(*blind, {"SET", "a", "1"}).value().text.starts_with("READONLY"));
    eventually([&] { return blind->connection_number() == 2 && blind->is_connected(); });

    EXPECT_EQ(execute(*blind, {"REPLICAOF", "NO", "ONE"}).value().text, "OK");
    eventually([&] { return watching->is_connected() && !state.has_fault(); });
    EXPECT_EQ(on_loop([&] { return watching->connection_number(); }), 2U);
    EXPECT_EQ(execute(*watching, {"SET", "a", "1"}).value().text, "OK");
    on_loop([&] { watching->close(); });
}

TEST_F(redis_client, reports_its_server_to_the_state) {
    engine_state state("Redis");
    client_options options{.where = server()};
    options.where.path = "99";
    options.state = &state;
    failure_of_new(options);
    EXPECT_EQ(state.fault(), "Redis refuses this server");
    on_loop([&] { clients_.back()->close(); });
    options.where.path = "";
    auto* const good = make(options);
    eventually([&] { return good->is_connected(); });
    EXPECT_FALSE(state.has_fault());
    on_loop([&] { good->close(); });
}

}  // namespace
}  // namespace confab::redis
