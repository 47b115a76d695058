// One connection to Redis, from its creation to its end. The loop's thread only.
//
// 1. Commands that one handler of the loop gives go out in one write. While a write is in progress, the next commands
//    are collected.
// 2. One coroutine reads. Replies arrive in the order of the commands, so each belongs to the oldest pending one. On a
//    subscribed connection, messages arrive in between.
// 3. Any failure closes the connection and ends everything that waits for it.
#pragma once

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>

#include "base/require.hpp"
#include "drivers/redis/client.hpp"
#include "drivers/redis/protocol.hpp"
#include "drivers/redis/stream.hpp"

namespace confab::redis {

class connection : public std::enable_shared_from_this<connection> {
public:
    using clock = std::chrono::steady_clock;

    explicit connection(asio::any_io_executor loop) : loop_(std::move(loop)), ended_(loop_) {}

    // Only connects. Nothing: the connection is open. REQUIRES: called once.
    awaitable<std::optional<failure>> open(address to, const client_options& options);

    // Errors: unavailable (not sent), outcome_unknown (sent, but the reply was lost).
    awaitable<result<reply>> execute(const arguments& a, clock::duration limit);
    void send(const arguments& a, clock::duration limit);
    void send(const arguments& a, reply_handler then, clock::duration limit);
    // Passes published messages to `on_message` from now on, once this connection has subscribed.
    void receive(message_handler on_message) { on_message_ = std::move(on_message); }

    bool is_open() const { return is_open_; }
    // Returns once the connection is lost or closed.
    awaitable<void> ended();
    // Why it ended. REQUIRES: it was open and has ended.
    const failure& why() const {
        require(!is_open_, "only a connection that has ended has a failure");
        return why_;
    }
    void close(failure why);
    // Closes the connection if the oldest command has timed out, a write has failed, or a reply said that the server is
    // read-only.
    void enforce_limits(clock::time_point at);

private:
    struct pending {
        std::optional<reply_handler> handler;  // nothing: the reply is dropped
        asio::any_io_executor executor;
        clock::time_point deadline;

        void complete(result<reply> r);
    };

    struct pending_guard;

    static constexpr std::size_t read_bytes_max = 64 * 1024;

    static awaitable<void> read_all(std::shared_ptr<connection> self);
    void submit(const arguments& a, pending p);
    void flush();
    void dispatch(reply r);
    bool deliver(const reply& r);

    asio::any_io_executor loop_;
    stream stream_;
    reply_parser parser_;
    std::array<char, read_bytes_max> incoming_;
    std::string outgoing_, in_flight_;  // commands for the next write, and those of the current one
    bool is_writing_ = false;
    std::deque<pending> pending_;  // in the order of their replies
    std::size_t unsent_ = 0;       // how many of them, the last ones, are still in outgoing_
    asio::steady_timer ended_;     // never expires; cancelled when the connection ends
    bool is_open_ = false;
    failure why_;
    // Why enforce_limits() closes it. Until then, replies that are on their way can arrive.
    std::optional<failure> deferred_failure_;
    message_handler on_message_;
};

}  // namespace confab::redis
