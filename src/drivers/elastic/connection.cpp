#include "drivers/elastic/connection.hpp"

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

namespace confab::elastic {
namespace {

namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

}  // namespace

awaitable<error_code> connection::open(std::string host, std::uint16_t port, std::chrono::milliseconds limit) {
    stream_.expires_after(limit);
    error_code not_literal;
    const auto literal = asio::ip::make_address(host, not_literal);
    std::vector<tcp::endpoint> endpoints;
    if (!not_literal) {
        endpoints.emplace_back(literal, port);
        co_return co_await connect(std::move(endpoints));
    }
    const auto resolver = std::make_shared<tcp::resolver>(stream_.get_executor());
    asio::steady_timer alarm(stream_.get_executor(), limit);
    alarm.async_wait([resolver](const error_code& stopped) {
        if (!stopped) resolver->cancel();
    });
    const auto service = std::to_string(port);
    const auto [fault, found] = co_await resolver->async_resolve(host, service, use_tuple);
    const bool is_in_time = alarm.cancel() > 0;
    if (!is_in_time) co_return error_code(boost::beast::error::timeout);
    if (fault) co_return fault;
    for (const auto& entry : found) endpoints.push_back(entry.endpoint());
    co_return co_await connect(std::move(endpoints));
}

awaitable<error_code> connection::connect(std::vector<tcp::endpoint> endpoints) {
    const auto [fault, used] = co_await stream_.async_connect(endpoints, use_tuple);
    if (fault) co_return fault;
    error_code ignored;
    stream_.socket().set_option(tcp::no_delay(true), ignored);
    is_open_ = true;
    co_return error_code();
}

awaitable<connection::exchange_result> connection::exchange(const wire_request& r, std::size_t response_bytes_max,
                                                            std::chrono::milliseconds limit) {
    exchange_result done;
    stream_.expires_after(limit);
    http::response_parser<http::string_body> parser;
    parser.body_limit(response_bytes_max);
    const auto [unsent, sent_bytes] = co_await http::async_write(stream_, r, use_tuple);
    done.fault = unsent;
    if (!unsent) {
        const auto [unread, read_bytes] = co_await http::async_read(stream_, buffer_, parser, use_tuple);
        done.fault = unread;
        done.is_response_started = parser.got_some();
    }
    stream_.expires_never();
    if (!done.fault) {
        done.message = parser.release();
        is_open_ = done.message.keep_alive();
    } else {
        is_open_ = false;
    }
    co_return done;
}

bool connection::is_usable() {
    // Between exchanges the socket becomes readable only when the server closes the connection.
    char next = 0;
    return is_open_ && buffer_.size() == 0 &&
           recv(stream_.socket().native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace confab::elastic
