// A client of Redis: one connection that pipelines the commands of all coroutines of an event loop.
//
// 1. A background coroutine keeps it connected. It resolves the host, tries every address, logs in, and checks that the
//    server is a primary. It uses the first address that passes all of this. After a loss it reconnects, with growing
//    pauses. Addresses of servers that turned out to be replicas are tried last.
// 2. Commands are sent and answered in the order they are given. A command that was sent on a lost connection is never
//    sent again. The caller must find out whether it was executed.
// 3. A command that times out closes its connection, since no command after it can be answered.
// 4. Every second the role is checked again. A replica accepts no writes, and a new primary has other data. So a
//    connection ends when its server is no primary any more. The next one begins when there is a primary.
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
    std::chrono::milliseconds connect_timeout{2000};  // per address
    std::chrono::milliseconds reply_timeout{5000};
    // Where the client reports whether there is a primary; null: nowhere. REQUIRES: it lives until the client is
    // closed.
    engine_state* state = nullptr;
    bool is_refusal_logged = true;  // false: the owner of the client reports refusals itself
};

using reply_handler = asio::any_completion_handler<void(result<reply>)>;

// The loop's thread only.
class client {
public:
    virtual ~client() = default;

    // Waits for the reply. Errors: unavailable (not sent), outcome_unknown (sent, but the reply was lost). If Redis
    // refuses the command, the reply is an error. REQUIRES: `a` lives until the command is sent, which is before the
    // first suspension.
    virtual awaitable<result<reply>> execute(const arguments& a) = 0;
    // The same for a command that blocks in Redis for up to `wait`.
    virtual awaitable<result<reply>> execute(const arguments& a, std::chrono::milliseconds wait) = 0;
    // Sends it, if connected. The reply is dropped.
    virtual void send(const arguments& a) = 0;
    // The same. `then` is called on the loop with the result that execute() would return. This happens before a
    // coroutine that waits for a later command resumes. REQUIRES: everything that `then` refers to lives until the
    // call, or until the loop has stopped.
    virtual void send(const arguments& a, reply_handler then) = 0;

    virtual bool is_connected() const = 0;
    // Why it is not connected. Nothing: it is connected, or the first attempt has not ended yet.
    virtual std::optional<failure> last_failure() const = 0;
    // The number of the current connection, counted from 1. A command that depends on one connection must not be sent
    // on another.
    virtual std::uint64_t connection_number() const = 0;
    // Ends the connection and everything that waits for a reply. The client does not reconnect.
    virtual void close() = 0;
};

std::unique_ptr<client> make_client(asio::any_io_executor loop, client_options options);

// Waits until the client is connected. Waits also for a server that does not answer yet. Returns the failure after
// `limit`, or immediately if only an operator can fix it. Nothing: it is connected.
awaitable<std::optional<failure>> wait_until_connected(const client& one, std::chrono::milliseconds limit);

// Receives the messages of a channel, on its own connection, until it is closed. After a loss it subscribes again.
// Messages that were published in between are lost. The loop's thread only.
class subscription {
public:
    virtual ~subscription() = default;
    // Whether Redis has confirmed the subscription.
    virtual bool is_subscribed() const = 0;
    virtual void close() = 0;
};

using message_handler = std::function<void(std::string_view)>;
std::unique_ptr<subscription> subscribe(asio::any_io_executor loop, client_options options, std::string channel,
                                        message_handler on_message);

}  // namespace confab::redis
