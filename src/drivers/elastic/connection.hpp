// One connection to Elasticsearch. It belongs to the event loop it was created on, and runs one exchange at a time.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <string>

#include "base/async.hpp"

namespace confab::elastic {

using wire_request = boost::beast::http::request<boost::beast::http::string_body>;
using wire_response = boost::beast::http::response<boost::beast::http::string_body>;

class connection {
public:
    explicit connection(const asio::any_io_executor& loop) : stream_(loop) {}

    awaitable<boost::system::error_code> open(std::string host, std::uint16_t port, std::chrono::milliseconds limit);

    struct exchange_result {
        boost::system::error_code fault;   // none: `message` is complete
        bool is_response_started = false;  // part of a response was received
        bool is_connect_error = false;     // the connection could not be opened
        wire_response message;
    };
    // REQUIRES: `r` lives until the exchange ends.
    awaitable<exchange_result> exchange(const wire_request& r, std::size_t response_bytes_max,
                                        std::chrono::milliseconds limit);

    // Whether another exchange is possible, as far as the socket shows. Costs one system call.
    bool is_usable();

private:
    awaitable<boost::system::error_code> connect(std::vector<asio::ip::tcp::endpoint> endpoints);

    boost::beast::tcp_stream stream_;
    boost::beast::flat_buffer buffer_;
    bool is_open_ = false;
};

}  // namespace confab::elastic
