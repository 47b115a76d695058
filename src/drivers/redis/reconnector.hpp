// Keeps a connection open until close() is called. Its coroutines share it, since they may end after its owner. The
// loop's thread only.
//
//     connecting ──▶ logging in ──▶ connected ──▶ pause ──▶ connecting …
//         ▲               │
//         └─ next address ┘
//
// An address is used only if it accepts the login and is a primary. One name may resolve to a primary and its replicas.
// A user who may not ask for the role learns from a refused write that the server is a replica. So an address that
// ended a connection that way is tried after all others, until one to it has lived for `steady_after`.
//
// The pause doubles with every attempt. It is reset after a connection that lived for `steady_after`. So a server that
// accepts connections and drops them immediately is asked no more often than one that accepts none.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/back_off.hpp"
#include "drivers/redis/address_order.hpp"
#include "drivers/redis/connection.hpp"
#include "drivers/redis/login.hpp"

namespace confab::redis {

// The channel of a connection that only receives.
struct channel {
    std::string name;
    message_handler on_message;
};

class reconnector : public std::enable_shared_from_this<reconnector> {
public:
    reconnector(asio::any_io_executor loop, client_options options, std::optional<channel> subscribed_channel);

    void start();
    void close();

    // Null while no connection can be used.
    connection* connected() const { return is_usable_ && connection_->is_open() ? connection_.get() : nullptr; }
    std::uint64_t connections_count() const { return connections_count_; }
    const client_options& options() const { return options_; }
    const asio::any_io_executor& loop() const { return loop_; }
    std::optional<failure> last_failure() const;

private:
    using clock = connection::clock;

    static awaitable<void> keep_connected(std::shared_ptr<reconnector> self);
    static awaitable<void> watch(std::shared_ptr<reconnector> self);

    // Tries every address in turn. Nothing: connection_ can be used, or the reconnector is closed.
    awaitable<std::optional<failure>> connect();
    awaitable<std::optional<failure>> connect_to(address to);
    awaitable<std::optional<failure>> enter(connection& on);
    // A connection to connected_to_ has ended.
    void note_address(const failure& why, clock::duration lifetime);
    awaitable<void> pause_after(clock::duration lifetime);
    void begin();
    void fail(failure why, bool was_connected);
    void log_loss(const failure& why, bool was_connected);
    void ask_role(clock::time_point at);
    void handle_role_reply(connection& of, const result<reply>& answer);

    const asio::any_io_executor loop_;
    const client_options options_;
    std::optional<channel> channel_;
    asio::steady_timer timer_;
    back_off pause_;
    std::shared_ptr<connection> connection_;  // also during the login
    address connected_to_;
    address_order order_;
    bool is_usable_ = false;
    const arguments* role_command_ = nullptr;
    clock::time_point asked_at_{};
    std::uint64_t connections_count_ = 0;
    std::optional<failure> last_failure_;
    bool is_loss_logged_ = false;
    bool is_closed_ = false;
};

}  // namespace confab::redis
