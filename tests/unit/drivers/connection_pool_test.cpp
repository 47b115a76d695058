#include "drivers/connection_pool.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <thread>
#include <vector>

#include "base/spawn.hpp"

namespace confab {
namespace {

using namespace std::chrono_literals;

struct counted_connection {
    explicit counted_connection(int& open) : open_(open) { ++open_; }
    ~counted_connection() { --open_; }
    counted_connection(const counted_connection&) = delete;
    counted_connection& operator=(const counted_connection&) = delete;

    bool is_usable() const { return usable; }

    bool usable = true;

private:
    int& open_;
};

class a_connection_pool : public ::testing::Test {
protected:
    using pool = connection_pool<counted_connection>;

    static std::shared_ptr<const connection_limits> limits(std::size_t connections, std::chrono::milliseconds wait,
                                                           std::chrono::seconds idle = 60s) {
        return std::make_shared<connection_limits>(connection_limits{connections, wait, idle});
    }

    // A connection, new if none was idle. Nothing: none became free in time.
    awaitable<std::optional<pool::lease>> take(const std::shared_ptr<const connection_limits>& client) {
        auto taken = co_await pool::of(client, loop)->take();
        if (taken && !taken->connection()) taken->connection() = std::make_unique<counted_connection>(open);
        co_return taken;
    }

    void run(awaitable<void> work) {
        std::exception_ptr failure;
        spawn(loop.get_executor(), std::move(work), [&](std::exception_ptr thrown) { failure = thrown; });
        loop.restart();
        loop.run();
        if (failure) std::rethrow_exception(failure);
    }

    int open = 0;
    asio::io_context loop;
};

TEST_F(a_connection_pool, hands_out_an_idle_connection_again) {
    const auto client = limits(4, 1s);
    const auto work = [&]() -> awaitable<void> {
        counted_connection* first = nullptr;
        for (int i = 0; i < 3; ++i) {
            const auto taken = co_await take(client);
            if (!first) first = taken->connection().get();
            EXPECT_EQ(taken->connection().get(), first);
        }
    };
    run(work());
    EXPECT_EQ(open, 1);
}

TEST_F(a_connection_pool, drops_a_connection_that_is_not_usable) {
    const auto client = limits(1, 1s);
    const auto work = [&]() -> awaitable<void> {
        {
            const auto taken = co_await take(client);
            taken->connection()->usable = false;
        }
        EXPECT_EQ(open, 0);
        const auto again = co_await take(client);
        EXPECT_TRUE(again->connection()->usable);
    };
    run(work());
}

TEST_F(a_connection_pool, closes_what_was_idle_for_too_long) {
    const auto client = limits(1, 1s, 0s);
    const auto work = [&]() -> awaitable<void> {
        for (int i = 0; i < 2; ++i) {
            auto taken = co_await pool::of(client, loop)->take();
            EXPECT_EQ(open, 0);
            taken->connection() = std::make_unique<counted_connection>(open);
        }
    };
    run(work());
    EXPECT_EQ(open, 1);
}

TEST_F(a_connection_pool, keeps_the_connections_of_two_clients_apart) {
    const auto first = limits(1, 5ms), second = limits(1, 5ms);
    const auto work = [&]() -> awaitable<void> {
        const auto of_first = co_await take(first);
        const auto of_second = co_await take(second);
        EXPECT_TRUE(of_first && of_second);
        EXPECT_NE(of_first->connection().get(), of_second->connection().get());
    };
    run(work());
    EXPECT_EQ(open, 2);
}

TEST_F(a_connection_pool, gives_a_waiting_caller_no_connection_that_is_not_usable) {
    const auto client = limits(1, 60s);
    bool is_served = false;
    const auto wait = [&]() -> awaitable<void> {
        const auto taken = co_await pool::of(client, loop)->take();
        EXPECT_TRUE(taken && !taken->connection());
        is_served = true;
    };
    const auto work = [&]() -> awaitable<void> {
        const auto taken = co_await take(client);
        spawn(loop.get_executor(), wait());
        for (int i = 0; i < 10; ++i) co_await asio::post(asio::use_awaitable);
        taken->connection()->usable = false;
    };
    run(work());
    EXPECT_TRUE(is_served);
    EXPECT_EQ(open, 0);
}

TEST_F(a_connection_pool, serves_a_caller_whose_wait_ends_just_then) {
    const auto client = limits(1, 1ms);
    int served = 0;
    const auto wait = [&]() -> awaitable<void> {
        const auto taken = co_await take(client);
        if (taken) ++served;
    };
    const auto work = [&]() -> awaitable<void> {
        {
            const auto taken = co_await take(client);
            spawn(loop.get_executor(), wait());
            for (int i = 0; i < 10; ++i) co_await asio::post(asio::use_awaitable);
            if (served == 0) std::this_thread::sleep_for(5ms);  // the loop does not notice the end of the wait
        }
        for (int i = 0; i < 10; ++i) co_await asio::post(asio::use_awaitable);
        const auto again = co_await take(client);  // the place is free in any case
        EXPECT_TRUE(again);
    };
    run(work());
    EXPECT_LE(open, 1);
}

TEST_F(a_connection_pool, serves_waiting_callers_in_their_order) {
    const auto client = limits(1, 60s);
    std::vector<int> order;
    const auto wait = [&](int me) -> awaitable<void> {
        const auto taken = co_await take(client);
        EXPECT_TRUE(taken);
        order.push_back(me);
    };
    const auto work = [&]() -> awaitable<void> {
        const auto taken = co_await take(client);
        for (int i = 1; i <= 3; ++i) spawn(loop.get_executor(), wait(i));
        for (int i = 0; i < 10; ++i) co_await asio::post(asio::use_awaitable);
        EXPECT_TRUE(order.empty());
    };
    run(work());
    EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
    EXPECT_EQ(open, 1);
}

TEST_F(a_connection_pool, lets_no_newcomer_pass_a_waiting_caller) {
    const auto client = limits(1, 60s);
    std::vector<int> order;
    const auto wait = [&](int me) -> awaitable<void> {
        const auto taken = co_await take(client);
        EXPECT_TRUE(taken);
        order.push_back(me);
    };
    const auto work = [&]() -> awaitable<void> {
        {
            const auto taken = co_await take(client);
            spawn(loop.get_executor(), wait(1));
            for (int i = 0; i < 10; ++i) co_await asio::post(asio::use_awaitable);
        }
        co_await wait(2);
    };
    run(work());
    EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST_F(a_connection_pool, gives_nothing_after_the_wait_and_keeps_its_count) {
    const auto client = limits(1, 5ms);
    const auto work = [&]() -> awaitable<void> {
        {
            const auto taken = co_await take(client);
            const auto late = co_await take(client);
            EXPECT_FALSE(late);
        }
        const auto again = co_await take(client);
        EXPECT_TRUE(again);
    };
    run(work());
}

TEST_F(a_connection_pool, frees_its_place_if_no_connection_was_put_there) {
    const auto client = limits(1, 5ms);
    const auto work = [&]() -> awaitable<void> {
        for (int i = 0; i < 3; ++i) {
            const auto taken = co_await pool::of(client, loop)->take();
            EXPECT_TRUE(taken);
        }
    };
    run(work());
}

TEST_F(a_connection_pool, closes_the_connections_of_a_client_that_is_gone) {
    auto client = limits(1, 5ms);
    const auto use = [&](std::shared_ptr<const connection_limits> one) -> awaitable<void> {
        const auto taken = co_await take(one);
        EXPECT_TRUE(taken);
    };
    run(use(client));
    client.reset();
    EXPECT_EQ(open, 1);
    run(use(limits(1, 5ms)));
    EXPECT_EQ(open, 1);
}

TEST(a_loop_that_ends, closes_idle_and_used_connections_and_ends_waits) {
    int open = 0;
    const auto client = std::make_shared<const connection_limits>(connection_limits{2, 60s, 60s});
    using pool = connection_pool<counted_connection>;
    std::optional<pool::lease> kept;
    {
        asio::io_context loop;
        const auto use = [&]() -> awaitable<void> {
            auto taken = co_await pool::of(client, loop)->take();
            taken->connection() = std::make_unique<counted_connection>(open);
            if (!kept)
                kept.emplace(std::move(*taken));
            else
                co_await asio::steady_timer(loop, 1h).async_wait(asio::use_awaitable);
        };
        for (int i = 0; i < 3; ++i) spawn(loop.get_executor(), use());
        loop.poll();
        EXPECT_EQ(open, 2);
    }
    EXPECT_EQ(open, 1);
    kept.reset();
    EXPECT_EQ(open, 0);
}

TEST_F(a_connection_pool, belongs_to_the_thread_of_its_loop) {
    const auto client = limits(1, 5ms);
    const auto use = [&]() -> awaitable<void> {
        const auto taken = co_await take(client);
        EXPECT_TRUE(taken);
    };
    run(use());
    const auto use_elsewhere = [&] { std::thread([&] { run(use()); }).join(); };
    EXPECT_EXIT(use_elsewhere(), ::testing::KilledBySignal(SIGABRT), "");
}

TEST(a_loop_that_ends, closes_its_connections) {
    int open = 0;
    const auto client = std::make_shared<const connection_limits>(connection_limits{1, 5ms, 60s});
    {
        asio::io_context loop;
        const auto work = [&]() -> awaitable<void> {
            auto taken = co_await connection_pool<counted_connection>::of(client, loop)->take();
            taken->connection() = std::make_unique<counted_connection>(open);
        };
        spawn(loop.get_executor(), work());
        loop.run();
        EXPECT_EQ(open, 1);
    }
    EXPECT_EQ(open, 0);
}

}  // namespace
}  // namespace confab
