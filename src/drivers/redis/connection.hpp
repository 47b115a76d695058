// One connection to Redis, from its making to its end. The loop's thread only.
//
// 1. Commands given within one turn of the loop go out in one write. While a write is under way, the next ones are
//    collected.
// 2. One coroutine reads. Replies come in the order of the commands, so the oldest waiting one takes each. On a
//    connection that subscribed, messages come in between.
// 3. Whatever fails closes the connection, and with it everything that waits.
#pragma once

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>

#include "drivers/redis/client.hpp"
#include "drivers/redis/protocol.hpp"
#include "drivers/redis/stream.hpp"

namespace confab::redis {

class connection : public std::enable_shared_from_this<connection> {
public:
    using clock = std::chrono::steady_clock;

    explicit connection(asio::any_io_executor loop) : loop_(std::move(loop)), ended_(loop_) {}

    // Connects, no more. Nothing: it is open. REQUIRES: once.
    awaitable<std::optional<failure>> open(address to, const client_options& options);

    // Errors: unavailable (not sent), outcome_unknown (sent, but the reply was lost).
    awaitable<result<reply>> execute(const arguments& a, clock::duration limit);
    void send(const arguments& a, clock::duration limit);
    void send(const arguments& a, reply_handler then, clock::duration limit);
    // What is published is given to it from now on, once this connection has subscribed.
    void receive(message_handler on_message) { on_message_ = std::move(on_message); }

    bool is_open() const { return is_open_; }
    // Returns once the connection is lost or was closed.
    awaitable<void> ended();
    // Why it ended. REQUIRES: it was open and is no more.
    const failure& why() const { return why_; }
    void close(failure why);
    // Closes the connection when the oldest command waits for too long, when nothing can be written any more, or when a
    // reply said that the server is read-only.
    void enforce_limits(clock::time_point at);

private:
    struct pending {
        std::optional<reply_handler> handler;  // nothing: nobody waits
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
    std::string outgoing_, in_flight_;  // commands that wait for the write under way, and those that are in it
    bool is_writing_ = false;
    std::deque<pending> pending_;  // in the order of their replies
    std::size_t unsent_ = 0;       // so many of them, the last ones, are still in outgoing_
    asio::steady_timer ended_;     // never runs out by itself: its end is the signal
    bool is_open_ = false;
    failure why_;
    std::optional<failure>
        deferred_failure_;  // why it is to be closed, once the replies that are on their way had their time
    message_handler on_message_;
};

}  // namespace confab::redis
