#include "drivers/redis/stream.hpp"

#include <boost/asio/steady_timer.hpp>
#include <cctype>

namespace confab::redis {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

// The timer may expire after the connection is established. So it shares the socket, which is then discarded.
awaitable<error_code> connect(std::shared_ptr<tcp::socket> socket, address to, milliseconds limit) {
    asio::steady_timer alarm(socket->get_executor(), limit);
    alarm.async_wait([socket](const error_code& is_cancelled) {
        error_code ignored;
        if (!is_cancelled) socket->close(ignored);
    });
    const auto [fault] = co_await socket->async_connect(to, use_tuple);
    const bool is_in_time = alarm.cancel() > 0;
    if (!is_in_time) co_return error_code(asio::error::timed_out);
    if (fault) co_return fault;
    error_code ignored;
    socket->set_option(tcp::no_delay(true), ignored);
    co_return error_code();
}

}  // namespace

awaitable<resolved> resolve(const engine_url& where) {
    error_code not_literal;
    const auto literal = asio::ip::make_address(where.host, not_literal);
    if (!not_literal) co_return resolved{{}, {address(literal, where.port)}};
    tcp::resolver resolver(co_await asio::this_coro::executor);
    const auto service = std::to_string(where.port);
    const auto [fault, entries] = co_await resolver.async_resolve(where.host, service, use_tuple);
    if (fault) co_return resolved{error_text(fault), {}};
    resolved found;
    for (const auto& entry : entries) found.addresses.push_back(entry.endpoint());
    if (found.addresses.empty()) found.fault = error_text(asio::error::host_not_found);
    co_return found;
}

awaitable<std::string> stream::open(address to, milliseconds limit) {
    auto socket = std::make_shared<tcp::socket>(co_await asio::this_coro::executor);
    const auto fault = co_await connect(socket, to, limit);
    if (fault) co_return error_text(fault);
    socket_ = std::move(socket);
    co_return std::string();
}

awaitable<stream::transferred> stream::read_some(asio::mutable_buffer into) {
    require(socket_ != nullptr, "a stream is read after it was opened");
    return socket_->async_read_some(into, use_tuple);
}

void stream::close() {
    error_code ignored;
    if (socket_) socket_->close(ignored);
}

std::string error_text(const error_code& cause) {
    if (cause == asio::error::eof) return "the server closed the connection";
    if (cause == asio::error::host_not_found) return "host not found";
    if (cause == asio::error::host_not_found_try_again) return "host not found: no name server answers";
    auto words = cause.message();
    if (!words.empty()) words[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(words[0])));
    return words;
}

}  // namespace confab::redis
