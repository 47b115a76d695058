// The commands that prepare a new connection for use.
#pragma once

#include <optional>
#include <string>

#include "drivers/redis/connection.hpp"

namespace confab::redis {

struct login {
    std::optional<failure> refusal;           // nothing: the connection can be used
    const arguments* role_command = nullptr;  // asks for the server's role; null: this user may use no such command
};

// Logs in, finds a primary, and chooses the database.
awaitable<login> log_in(connection& on, const client_options& options);

// Subscribes. Messages are delivered from then on. Nothing: Redis has confirmed the subscription.
awaitable<std::optional<failure>> subscribe_on(connection& on, const std::string& channel,
                                               const client_options& options);

}  // namespace confab::redis
