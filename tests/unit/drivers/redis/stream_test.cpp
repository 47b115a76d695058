// Byte streams over the loopback interface.
#include "drivers/redis/stream.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <csignal>

#include "support/run.hpp"

namespace confab::redis {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;

const auto loopback = asio::ip::make_address("127.0.0.1");

engine_url host(const char* name) {
    engine_url where{};
    where.host = name;
    where.port = 6380;
    return where;
}

TEST(a_redis_host, that_is_an_ip_address_is_its_only_address) {
    for (const auto* literal : {"127.0.0.1", "::1"}) {
        const auto found = testing::run(resolve(host(literal)));
        EXPECT_EQ(found.fault, "");
        EXPECT_EQ(found.addresses, std::vector{address(asio::ip::make_address(literal), 6380)});
    }
}

class a_redis_stream : public ::testing::Test {
protected:
    void run(awaitable<void> work) {
        asio::co_spawn(loop, std::move(work), [](const std::exception_ptr& e) {
            if (e) std::rethrow_exception(e);
        });
        loop.run();
    }

    asio::io_context loop;
    asio::ip::tcp::acceptor listening{loop, {loopback, 0}};
    stream opened;
};

TEST_F(a_redis_stream, carries_bytes_in_both_directions_until_the_server_closes) {
    const auto talk = [this]() -> awaitable<void> {
        EXPECT_EQ(co_await opened.open(listening.local_endpoint(), 10s), "");
        auto server = co_await listening.async_accept(asio::use_awaitable);
        error_code written = asio::error::would_block;
        opened.async_write(asio::buffer("ping", 4), [&](const error_code& fault, std::size_t) { written = fault; });
        std::array<char, 8> bytes{};
        EXPECT_EQ(co_await asio::async_read(server, asio::buffer(bytes, 4), asio::use_awaitable), 4U);
        EXPECT_EQ(std::string_view(bytes.data(), 4), "ping");
        co_await asio::async_write(server, asio::buffer("pong", 4), asio::use_awaitable);
        server.close();
        std::string received;
        for (;;) {
            const auto [fault, size] = co_await opened.read_some(asio::buffer(bytes));
            received.append(bytes.data(), size);
            if (!fault) continue;
            EXPECT_EQ(fault, asio::error::eof);
            break;
        }
        EXPECT_EQ(received, "pong");
        EXPECT_FALSE(written);
    };
    run(talk());
}

TEST_F(a_redis_stream, that_is_closed_ends_its_pending_read) {
    error_code ended;
    const auto read = [&]() -> awaitable<void> {
        EXPECT_EQ(co_await opened.open(listening.local_endpoint(), 10s), "");
        asio::post(loop, [this] {
            opened.close();
            opened.close();
        });
        char byte = 0;
        ended = std::get<0>(co_await opened.read_some(asio::buffer(&byte, 1)));
    };
    run(read());
    EXPECT_EQ(ended, asio::error::operation_aborted);
}

TEST_F(a_redis_stream, to_a_port_where_nobody_listens_says_why_it_is_not_open) {
    asio::ip::tcp::acceptor silent(loop, asio::ip::tcp::v4());
    silent.bind({loopback, 0});
    std::string why;
    const auto open = [&]() -> awaitable<void> { why = co_await opened.open(silent.local_endpoint(), 10s); };
    run(open());
    EXPECT_EQ(why, error_text(asio::error::connection_refused));
    opened.close();
}

TEST_F(a_redis_stream, that_was_not_opened_ends_the_process_when_it_is_used) {
    char byte = 0;
    EXPECT_EXIT(static_cast<void>(opened.read_some(asio::buffer(&byte, 1))), ::testing::KilledBySignal(SIGABRT), "");
    EXPECT_EXIT(opened.async_write(asio::buffer(&byte, 1), [](const error_code&, std::size_t) {}),
                ::testing::KilledBySignal(SIGABRT), "");
}

TEST(a_redis_stream_error, is_a_part_of_a_sentence) {
    EXPECT_EQ(error_text(asio::error::eof), "the server closed the connection");
    EXPECT_EQ(error_text(asio::error::host_not_found), "host not found");
    EXPECT_EQ(error_text(asio::error::host_not_found_try_again), "host not found: no name server answers");
    EXPECT_EQ(error_text(asio::error::connection_refused), "connection refused");
}

}  // namespace
}  // namespace confab::redis
