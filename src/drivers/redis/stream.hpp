// The way of the bytes to a server: TCP. A Unix socket or TLS would be one more kind of stream inside this class;
// nothing above it knows which it is. The loop's thread only.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <tuple>

#include "base/async.hpp"
#include "base/engine_url.hpp"

namespace confab::redis {

class stream {
public:
    using transferred = std::tuple<boost::system::error_code, std::size_t>;

    // Tries every address of the host in turn, each for up to `limit`. Returns why none could be connected to; empty:
    // it is open.
    awaitable<std::string> open(const engine_url& where, std::chrono::milliseconds limit);

    // REQUIRES of both: it is open; the buffer lives until then.
    awaitable<transferred> read_some(asio::mutable_buffer into);
    template <class Handler>
    void async_write(asio::const_buffer all, Handler then) {
        asio::async_write(*socket_, all, std::move(then));
    }

    // Ends whatever waits for it. Nothing happens when it is closed already.
    void close();

private:
    std::shared_ptr<asio::ip::tcp::socket> socket_;
};

// The error in the words of the system, as part of a sentence.
std::string words_of(const boost::system::error_code& cause);

}  // namespace confab::redis
