// A client of Redis: one connection, on which the commands of all coroutines of an event loop are pipelined.
//
// 1. A coroutine of its own keeps it connected: it resolves, tries every address, logs in, asks whether the server is a
//    primary, and begins again after a loss, with growing pauses. The first address that takes all of this is used.
// 2. Commands go out in the order they are given and are answered in that order. What was sent when a connection is
// lost
//    is never sent again: whether it was done is for the caller to find out.
// 3. A command that is not answered in time takes its connection with it, since nothing behind it can be answered.
// 4. Every second the role is asked again. A replica takes no writes, and who becomes a primary has other data: so a
//    connection ends when its server is no primary any more, and the next one begins when there is one.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/async.hpp"
#include "base/engine_state.hpp"
#include "base/engine_url.hpp"
#include "base/error.hpp"
#include "drivers/redis/failure.hpp"
#include "drivers/redis/protocol.hpp"

namespace confab::redis {

struct client_options {
    engine_url where;
    std::chrono::milliseconds connect_timeout{2000};  // to each address
    std::chrono::milliseconds reply_timeout{5000};
    // Where a client reports whether there is a primary; nothing: nowhere. REQUIRES: lives until the client is closed.
    engine_state* state = nullptr;
    bool is_refusal_logged = true;  // false: who made the client reports by itself that Redis refuses it
};

using reply_handler = asio::any_completion_handler<void(result<reply>)>;

// All of it on its loop's thread.
class client {
public:
    virtual ~client() = default;

    // Waits for the reply. Errors: unavailable (not sent), outcome_unknown (sent, but the reply was lost). What Redis
    // itself refuses is a reply that is an error. REQUIRES: `a` lives until the command is sent, which is before the
    // first suspension.
    virtual awaitable<result<reply>> execute(const arguments& a) = 0;
    // The same for a command that waits in Redis for up to `wait`.
    virtual awaitable<result<reply>> execute(const arguments& a, std::chrono::milliseconds wait) = 0;
    // Sends it, if connected; nobody waits for the reply.
    virtual void send(const arguments& a) = 0;
    // The same, and `then` is called on the loop with what execute() would give: before whoever waits for a later
    // command goes on. REQUIRES: what `then` refers to lives until that, or the loop has stopped.
    virtual void send(const arguments& a, reply_handler then) = 0;

    virtual bool is_connected() const = 0;
    // Why it is not connected. Nothing: it is, or the first attempt has not ended yet.
    virtual std::optional<failure> last_failure() const = 0;
    // Which connection it is, counted from 1. What is only true of one is not to be sent on another.
    virtual std::uint64_t connection_number() const = 0;
    // Ends the connection, and with it everything that waits for a reply. It is not connected again.
    virtual void close() = 0;
};

std::unique_ptr<client> make_client(asio::any_io_executor loop, client_options options);

// Waits until it is connected, for a server that may still come. Why it is not: after `limit`, or as soon as only an
// operator can change it. Nothing: it is.
awaitable<std::optional<failure>> wait_until_connected(const client& one, std::chrono::milliseconds limit);

// Receives what is published on a channel, on a connection of its own, until it is closed: subscribes again after a
// loss. What was published in between is gone. The loop's thread only.
class subscription {
public:
    virtual ~subscription() = default;
    // Redis has confirmed it.
    virtual bool is_subscribed() const = 0;
    virtual void close() = 0;
};

using message_handler = std::function<void(std::string_view)>;
std::unique_ptr<subscription> subscribe(asio::any_io_executor loop, client_options options, std::string channel,
                                        message_handler on_message);

}  // namespace confab::redis
