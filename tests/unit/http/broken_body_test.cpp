// If an exception ends a body, the client gets a reset, wherever in the session it was thrown.
#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <limits>
#include <new>
#include <stdexcept>

#include "base/error.hpp"
#include "base/event_loops.hpp"
#include "http/server.hpp"

namespace {

constexpr std::size_t any_bytes = std::numeric_limits<std::size_t>::max();
thread_local std::size_t allocations_fail_from = any_bytes;

}  // namespace

void* operator new(std::size_t bytes) {
    if (bytes < allocations_fail_from)
        if (void* const made = std::malloc(bytes)) return made;
    throw std::bad_alloc();
}
// The sanitizer requires that a block is freed by the counterpart of its allocator. This one is freed below.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    return std::malloc(bytes);
}
void operator delete(void* p) noexcept {
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
    std::free(p);
}

namespace confab::http {
namespace {

using asio::ip::tcp;

constexpr std::size_t piece_bytes_min = 1024 * 1024;

// A length that the compiler does not know.
[[gnu::noinline]] piece large_piece() {
    return std::string(piece_bytes_min, ']');
}

// Everything that a client reads until the connection ends, and how it ended.
struct seen {
    std::string text;
    boost::system::error_code end;
};

class body_of : public ::testing::TestWithParam<const char*> {
protected:
    static server_options options() {
        return {.endpoints = {{"127.0.0.1", 0}},
                .connections_max = 10,
                .header_bytes_max = 8192,
                .body_bytes_max = 8192,
                .idle_timeout = std::chrono::seconds(60),
                .request_timeout = std::chrono::seconds(60),
                .write_timeout = std::chrono::seconds(60),
                .allowed_hosts = {}};
    }

    // The result of a response with these pieces, for a client of this HTTP version.
    seen ask(body_source more) {
        event_loops loops(1);
        const auto server = listen(loops, options());
        loops.start();
        server->start([&more](request&) -> awaitable<response> {
            co_return response{.content_type = json_type, .body = "[1", .more = more};
        });
        asio::io_context here;
        tcp::socket client(here);
        client.connect({asio::ip::make_address("127.0.0.1"), server->endpoints().front().port});
        asio::write(client, asio::buffer(std::string("GET / HTTP/") + GetParam() +
                                         "\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        seen s;
        asio::read(client, asio::dynamic_buffer(s.text), s.end);
        server->drain(std::chrono::seconds(60));
        loops.stop();
        return s;
    }
};

TEST_P(body_of, a_whole_answer_ends_in_order) {
    const auto s = ask([sent = false]() mutable -> awaitable<piece> {
        if (std::exchange(sent, true)) co_return std::nullopt;
        co_return large_piece();
    });
    EXPECT_EQ(s.end, asio::error::eof);
    EXPECT_GT(s.text.size(), piece_bytes_min);
}

TEST_P(body_of, an_answer_whose_source_fails_is_reset) {
    const auto s = ask([]() -> awaitable<piece> { co_return error::unavailable; });
    EXPECT_EQ(s.end, asio::error::connection_reset);
}

TEST_P(body_of, an_answer_whose_source_throws_is_reset) {
    const auto s = ask([]() -> awaitable<piece> {
        throw std::runtime_error("on purpose");
        co_return std::nullopt;
    });
    EXPECT_EQ(s.end, asio::error::connection_reset);
}

TEST_P(body_of, an_answer_with_a_piece_that_does_not_fit_into_memory_is_reset) {
    const auto s = ask([]() -> awaitable<piece> {
        auto large = large_piece();
        allocations_fail_from = piece_bytes_min;  // the next one is the text to send
        co_return large;
    });
    EXPECT_EQ(s.end, asio::error::connection_reset);
}

INSTANTIATE_TEST_SUITE_P(http, body_of, ::testing::Values("1.0", "1.1"), [](const auto& tested) {
    return std::string("version_1_") + std::string(tested.param).back();
});

}  // namespace
}  // namespace confab::http
