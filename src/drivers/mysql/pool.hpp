// A pool of MySQL connections. Each event loop has a bounded number of its own, so a caller never leaves its loop. When
// all are in use, a caller waits for one, up to wait_max. A connection that the server closed while it was idle is not
// handed out. So after a restart of the server, the next caller gets a new connection.
#pragma once

#include <chrono>
#include <memory>

#include "drivers/mysql/connection.hpp"

namespace confab::mysql {

struct pool_options {
    connection_options connection;
    std::size_t connections_max = 8;           // per event loop
    std::chrono::milliseconds wait_max{1000};  // for a connection, when all are in use
    std::chrono::seconds idle_max{60};         // how long an unused connection is kept
};

class pool {
    class loop_pool;

public:
    explicit pool(pool_options options);
    ~pool();
    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;

    // A connection that returns to the pool automatically. One that was closed is not handed out again.
    class lease {
    public:
        lease(std::shared_ptr<loop_pool> from, std::unique_ptr<connection> taken);
        ~lease();
        lease(lease&&) noexcept = default;
        lease& operator=(lease&&) = delete;

        connection& operator*() const { return *taken_; }
        connection* operator->() const { return taken_.get(); }

    private:
        std::shared_ptr<loop_pool> from_;
        std::unique_ptr<connection> taken_;
    };

    // Throws failure: the server cannot be reached, or no connection became free in time. REQUIRES: awaited on an event
    // loop that one thread runs; the pool lives until all leases have returned or their loops have ended.
    awaitable<lease> take();

private:
    std::shared_ptr<loop_pool> loop_pool_of(asio::execution_context& loop);

    const pool_options options_;
    class loop_pools;
    std::unique_ptr<loop_pools> loop_pools_;
};

}  // namespace confab::mysql
