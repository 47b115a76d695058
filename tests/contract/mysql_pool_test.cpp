// The driver for MySQL on a real server: failures of connections do not affect the next caller.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>

#include "drivers/mysql/pool.hpp"
#include "ledger/mysql/server.hpp"
#include "support/mysql.hpp"
#include "support/run.hpp"

namespace confab::testing {
namespace {

using std::chrono::milliseconds;

class mysql_pool : public ::testing::Test {
protected:
    static mysql::pool_options options(std::size_t connections) {
        auto o = ledger::mysql::pool_options_of(mysql_server());
        o.connections_max = connections;
        return o;
    }

    // The server's id of the connection.
    static awaitable<std::uint64_t> number_of(mysql::connection& db) {
        const auto found = co_await db.query("select connection_id()");
        co_return found.front().number(0);
    }

    static awaitable<void> pause() {
        const auto loop = co_await asio::this_coro::executor;
        asio::steady_timer timer(loop, milliseconds(5));
        co_await timer.async_wait(asio::use_awaitable);
    }

    // Waits until the server has closed these connections.
    static awaitable<void> until_gone(mysql::connection& db, std::uint64_t number) {
        const auto sql = fmt::format("select count(*) from information_schema.processlist where id = {}", number);
        for (;;) {
            const auto left = co_await db.query(sql);
            if (left.front().number(0) == 0) co_return;
            co_await pause();
        }
    }

    // The error of `work`.
    template <class Work>
    static awaitable<std::string> failure_of(Work work) {
        try {
            co_await work();
        } catch (const mysql::failure& cause) {
            co_return cause.what();
        }
        co_return "nothing";
    }
};

TEST_F(mysql_pool, gives_the_same_connection_again) {
    run([]() -> awaitable<void> {
        mysql::pool pool(options(4));
        std::uint64_t first = 0;
        for (int i = 0; i < 5; ++i) {
            const auto db = co_await pool.take();
            const auto number = co_await number_of(*db);
            if (first == 0) first = number;
            EXPECT_EQ(number, first);
        }
    }());
}

TEST_F(mysql_pool, gives_no_connection_that_the_server_closed) {
    run([]() -> awaitable<void> {
        mysql::pool pool(options(4));
        mysql::connection other(options(1).connection);
        co_await other.open();
        std::uint64_t killed = 0, idled = 0;
        {
            const auto db = co_await pool.take();
            killed = co_await number_of(*db);
        }
        co_await other.query(fmt::format("kill {}", killed));
        co_await until_gone(other, killed);
        {
            const auto db = co_await pool.take();
            idled = co_await number_of(*db);
            EXPECT_NE(idled, killed);
            co_await db->query("set session wait_timeout = 1");
        }
        co_await until_gone(other, idled);
        const auto db = co_await pool.take();
        const auto now = co_await number_of(*db);
        EXPECT_NE(now, idled);
    }());
}

TEST_F(mysql_pool, a_statement_timeout_closes_the_connection_and_frees_its_slot) {
    run([]() -> awaitable<void> {
        auto limited = options(1);
        limited.connection.query_timeout = milliseconds(1000);
        mysql::pool pool(limited);
        std::uint64_t slow = 0;
        {
            const auto db = co_await pool.take();
            slow = co_await number_of(*db);
            const auto why = co_await failure_of([&]() -> awaitable<void> { co_await db->query("select sleep(30)"); });
            EXPECT_EQ(why, "no answer within the time limit");
            EXPECT_FALSE(db->is_usable());
        }
        const auto db = co_await pool.take();
        const auto now = co_await number_of(*db);
        EXPECT_NE(now, slow);
    }());
}

TEST_F(mysql_pool, take_waits_when_all_connections_are_in_use) {
    run([]() -> awaitable<void> {
        mysql::pool pool(options(1));
        const auto loop = co_await asio::this_coro::executor;
        std::vector<int> order;
        std::uint64_t first = 0;
        int running = 3;
        {
            const auto db = co_await pool.take();
            first = co_await number_of(*db);
            for (int i = 1; i <= 3; ++i) {
                const auto asking = [](mysql::pool& p, int me, std::uint64_t same, std::vector<int>& o,
                                       int& r) -> awaitable<void> {
                    const auto mine = co_await p.take();
                    const auto number = co_await number_of(*mine);
                    EXPECT_EQ(number, same);
                    o.push_back(me);
                    --r;
                };
                asio::co_spawn(loop, asking(pool, i, first, order, running), asio::detached);
            }
            co_await pause();
            EXPECT_TRUE(order.empty());
        }
        const auto is_running = [&] { return running > 0; };
        while (is_running()) co_await pause();
        EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
    }());
}

TEST_F(mysql_pool, take_times_out_and_leaves_nothing_behind) {
    run([]() -> awaitable<void> {
        auto hurried = options(1);
        hurried.wait_max = milliseconds(50);
        mysql::pool pool(hurried);
        {
            const auto db = co_await pool.take();
            const auto why = co_await failure_of([&]() -> awaitable<void> { co_await pool.take(); });
            EXPECT_NE(why.find("none became free in time"), std::string::npos) << why;
        }
        const auto db = co_await pool.take();
        const auto number = co_await number_of(*db);
        EXPECT_GT(number, 0U);
    }());
}

TEST_F(mysql_pool, a_failed_connect_frees_its_slot) {
    run([]() -> awaitable<void> {
        auto wrong = options(1);
        wrong.connection.server.password = "another";
        wrong.wait_max = milliseconds(50);
        mysql::pool pool(wrong);
        for (int i = 0; i < 3; ++i) {
            const auto why = co_await failure_of([&]() -> awaitable<void> { co_await pool.take(); });
            EXPECT_NE(why.find("Access denied"), std::string::npos) << why;
        }
    }());
}

TEST_F(mysql_pool, an_unread_result_is_not_seen_by_the_next_user) {
    run([]() -> awaitable<void> {
        mysql::pool pool(options(1));
        std::uint64_t left = 0;
        {
            const auto db = co_await pool.take();
            left = co_await number_of(*db);
            const std::uint64_t bytes = 1'000'000;
            const mysql::parameters values(bytes);
            co_await db->start("select repeat('x', ?) union all select 'y'", values);
        }
        const auto db = co_await pool.take();
        const auto now = co_await number_of(*db);
        EXPECT_NE(now, left);
    }());
}

TEST_F(mysql_pool, an_error_of_a_statement_leaves_the_connection_open) {
    run([]() -> awaitable<void> {
        mysql::pool pool(options(1));
        std::uint64_t before = 0;
        {
            const auto db = co_await pool.take();
            before = co_await number_of(*db);
            const auto why =
                co_await failure_of([&]() -> awaitable<void> { co_await db->query("select nothing_like_it"); });
            EXPECT_NE(why.find("nothing_like_it"), std::string::npos) << why;
        }
        const auto db = co_await pool.take();
        const auto after = co_await number_of(*db);
        EXPECT_EQ(after, before);
    }());
}

TEST_F(mysql_pool, an_io_context_that_ends_closes_its_connections) {
    mysql::pool pool(options(2));
    for (int i = 0; i < 3; ++i) {
        asio::io_context loop;
        const auto work = [](mysql::pool& p) -> awaitable<void> {
            const auto db = co_await p.take();
            co_await number_of(*db);
        };
        auto done = asio::co_spawn(loop, work(pool), asio::use_future);
        loop.run();
        EXPECT_NO_THROW(done.get());
    }
}

}  // namespace
}  // namespace confab::testing
