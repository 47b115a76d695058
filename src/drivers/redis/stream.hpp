// The byte stream to a server: TCP. A Unix socket or TLS would be another kind of stream inside this class. No code
// above depends on the kind. The loop's thread only.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/async.hpp"
#include "base/engine_url.hpp"
#include "base/require.hpp"

namespace confab::redis {

using address = asio::ip::tcp::endpoint;

struct resolved {
    std::string fault;               // empty: success
    std::vector<address> addresses;  // not empty if there is no fault
};

// All addresses of the host, in the order to try them.
awaitable<resolved> resolve(const engine_url& where);

class stream {
public:
    using transferred = std::tuple<boost::system::error_code, std::size_t>;

    // Returns why it could not connect within `limit`. Empty: it is open.
    awaitable<std::string> open(address to, std::chrono::milliseconds limit);

    // REQUIRES of both: it is open; the buffer lives until the operation ends.
    awaitable<transferred> read_some(asio::mutable_buffer into);
    template <class Handler>
    void async_write(asio::const_buffer all, Handler then) {
        require(socket_ != nullptr, "a stream is written to after it was opened");
        asio::async_write(*socket_, all, std::move(then));
    }

    // Ends all pending operations. Does nothing if it is already closed.
    void close();

private:
    std::shared_ptr<asio::ip::tcp::socket> socket_;
};

// The system's text for the error, as part of a sentence.
std::string error_text(const boost::system::error_code& cause);

}  // namespace confab::redis
