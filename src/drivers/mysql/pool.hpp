// Connections for many callers. Each event loop has its own, a bounded number of them, so that a caller never leaves
// its loop; when all are out, it waits for a while. What the server closed while it lay idle is not given out, so after
// a restart of the server the next caller finds a new connection.
#pragma once

#include <chrono>
#include <memory>

#include "drivers/mysql/connection.hpp"

namespace confab::mysql {

struct pool_options {
    connection_options connection;
    std::size_t connections_max = 8;           // of each event loop
    std::chrono::milliseconds wait_max{1000};  // for one, when all are out
    std::chrono::seconds idle_max{60};         // how long one is kept that nobody uses
};

class pool {
    class loop_pool;

public:
    explicit pool(pool_options options);
    ~pool();
    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;

    // A connection that goes back by itself; one that was closed is not given out again.
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

    // Throws failure: the server cannot be reached, or none came free in time. REQUIRES: awaited on an event loop run
    // by one thread; the pool lives until all leases are back or their loops have ended.
    awaitable<lease> take();

private:
    std::shared_ptr<loop_pool> loop_pool_of(asio::execution_context& loop);

    const pool_options options_;
    class loop_pools;
    std::unique_ptr<loop_pools> loop_pools_;
};

}  // namespace confab::mysql
