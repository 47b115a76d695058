// Connections to Redis: why one ended, and which address is next.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>

#include "drivers/redis/address_order.hpp"
#include "drivers/redis/connection.hpp"

namespace confab::redis {
namespace {

address at(const char* host) {
    return {asio::ip::make_address(host), 6379};
}

const address first = at("127.0.0.1"), second = at("127.0.0.2"), third = at("127.0.0.3");
using addresses = std::vector<address>;

TEST(redis_address_order, has_the_last_replica_last) {
    address_order order;
    order.note_no_primary(second);
    order.note_no_primary(first);
    EXPECT_EQ(order.sort({first, second, third}), (addresses{third, second, first}));
    order.note_no_primary(second);
    EXPECT_EQ(order.sort({first, second, third}), (addresses{third, first, second}));
}

TEST(redis_address_order, forgets_a_replica_that_became_a_primary_or_lost_its_name) {
    address_order order;
    order.note_no_primary(first);
    order.note_no_primary(second);
    order.forget(first);
    EXPECT_EQ(order.sort({first, second, third}), (addresses{first, third, second}));
    EXPECT_EQ(order.sort({first, third}), (addresses{first, third}));
    EXPECT_EQ(order.sort({first, second, third}), (addresses{first, second, third}));
}

// Sends a command to a server that answers with these bytes and closes. Returns why the connection ended.
failure end_after(std::string answer) {
    asio::io_context loop;
    asio::ip::tcp::acceptor listening(loop, {asio::ip::make_address("127.0.0.1"), 0});
    failure why;
    const auto serve = [&]() -> awaitable<void> {
        auto client = co_await listening.async_accept(asio::use_awaitable);
        std::array<char, 100> command;
        co_await client.async_read_some(asio::buffer(command), asio::use_awaitable);
        co_await asio::async_write(client, asio::buffer(answer), asio::use_awaitable);
    };
    const auto ask = [&]() -> awaitable<void> {
        const auto client = std::make_shared<connection>(loop.get_executor());
        const client_options options{};
        const auto failed = co_await client->open(listening.local_endpoint(), options);
        EXPECT_FALSE(failed);
        const arguments set{"SET", "a", "b"};
        client->send(set, std::chrono::seconds(30));
        co_await client->ended();
        why = client->why();
    };
    asio::co_spawn(loop, serve, asio::detached);
    asio::co_spawn(loop, ask, asio::detached);
    loop.run();
    return why;
}

TEST(redis_connection, that_ends_after_a_refused_write_is_one_to_a_replica) {
    EXPECT_EQ(end_after("-READONLY it is a replica\r\n").type, failure::kind::no_primary);
    EXPECT_EQ(end_after("-READONLY it is a replica\r\n").reason, "READONLY it is a replica");
    EXPECT_EQ(end_after("+OK\r\n").type, failure::kind::unreachable);
}

// The server's last words say more than the refused write.
TEST(redis_connection, that_the_server_refuses_afterwards_has_the_later_reason) {
    const auto why = end_after("-READONLY it is a replica\r\n-NOAUTH authentication required\r\n");
    EXPECT_EQ(why.type, failure::kind::refused);
}

}  // namespace
}  // namespace confab::redis
