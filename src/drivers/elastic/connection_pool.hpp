// The connections of one client on one event loop. The loop owns them, and they end with it.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <thread>

#include "drivers/elastic/connection.hpp"

namespace confab::elastic {

struct connection_pool_options {
    std::size_t connections_max;
    std::chrono::milliseconds wait_max;  // for a connection, when all are in use
    std::chrono::seconds idle_max;
};

// The loop's thread only.
class connection_pool : public std::enable_shared_from_this<connection_pool> {
public:
    // The pool of `client` on the caller's loop, created at the first call. The loop owns it, and releases it some time
    // after `client` is gone.
    static std::shared_ptr<connection_pool> of(const std::shared_ptr<const connection_pool_options>& client,
                                               asio::execution_context& loop);

    explicit connection_pool(const std::shared_ptr<const connection_pool_options>& client)
        : client_(client), options_(*client) {}

    // A connection that returns to the pool automatically.
    class lease {
    public:
        lease(std::shared_ptr<connection_pool> from, std::unique_ptr<connection> taken)
            : from_(std::move(from)), taken_(std::move(taken)) {}
        ~lease() {
            if (from_) from_->give_back(std::move(taken_));
        }
        lease(lease&&) noexcept = default;
        lease& operator=(lease&&) = delete;

        // Null: none was idle. The lease still allows opening one.
        std::unique_ptr<connection>& operator*() { return taken_; }

    private:
        std::shared_ptr<connection_pool> from_;
        std::unique_ptr<connection> taken_;
    };

    // Nothing: no connection became free in time.
    awaitable<std::optional<lease>> take();

    bool is_abandoned() const { return client_.expired(); }
    // Called when the loop ends.
    void close();

private:
    using clock = std::chrono::steady_clock;
    struct wait_registration;
    struct idle_connection {
        std::unique_ptr<connection> kept;
        clock::time_point since;
    };

    std::unique_ptr<connection> idle_one();
    awaitable<void> wait(clock::time_point until);
    void give_back(std::unique_ptr<connection> c);

    const std::weak_ptr<const connection_pool_options> client_;
    const connection_pool_options options_;
    const std::thread::id thread_ = std::this_thread::get_id();  // the loop's
    std::size_t in_use_ = 0;
    std::list<idle_connection> idle_;
    std::list<asio::steady_timer*> waiting_;
    bool is_closed_ = false;
};

}  // namespace confab::elastic
