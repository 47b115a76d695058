// A pool of MySQL connections. Each event loop has a bounded number of its own, so a caller never leaves its loop
// (drivers/connection_pool.hpp). A connection that the server closed while it was idle is not handed out. So after a
// restart of the server, the next caller gets a new connection. The idle connections of a pool that is gone stay open
// until their loop ends, or another client takes its first connection there.
#pragma once

#include <chrono>
#include <memory>

#include "drivers/connection_pool.hpp"
#include "drivers/mysql/connection.hpp"

namespace confab::mysql {

struct pool_options {
    connection_options connection;
    std::size_t connections_max = 8;           // per event loop
    std::chrono::milliseconds wait_max{1000};  // for a connection, when all are in use
    std::chrono::seconds idle_max{60};         // how long an unused connection is kept
};

class pool {
public:
    explicit pool(const pool_options& options)
        : options_(std::make_shared<connection_options>(options.connection)),
          limits_(std::make_shared<connection_limits>(
              connection_limits{options.connections_max, options.wait_max, options.idle_max})) {}

    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;

    // An open connection that returns to the pool automatically. One that was closed is not handed out again.
    class lease {
    public:
        // REQUIRES: `taken` has a connection.
        explicit lease(connection_pool<connection>::lease taken) : taken_(std::move(taken)) {}

        connection& operator*() const { return *taken_.connection(); }
        connection* operator->() const { return taken_.connection().get(); }

    private:
        connection_pool<connection>::lease taken_;
    };

    // Throws failure: the server cannot be reached, or no connection became free in time. REQUIRES: awaited on an event
    // loop that one thread runs.
    awaitable<lease> take();

private:
    const std::shared_ptr<const connection_options> options_;
    const std::shared_ptr<const connection_limits> limits_;
};

}  // namespace confab::mysql
