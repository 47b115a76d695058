// The connections of one client on one event loop. They lie with the loop, and go with it.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>

#include "drivers/elastic/connection.hpp"

namespace confab::elastic {

struct connections_options {
    std::size_t most;
    std::chrono::milliseconds wait_max;  // for one, when all are out
    std::chrono::seconds idle_max;
};

// The loop's thread only.
class connections : public std::enable_shared_from_this<connections> {
public:
    // Those of `client` on the loop that the caller runs on; made at the first call. `client` keeps nothing of them:
    // they are let go some time after it is gone.
    static std::shared_ptr<connections> of(const std::shared_ptr<const connections_options>& client,
                                           asio::execution_context& loop);

    explicit connections(const std::shared_ptr<const connections_options>& client)
        : client_(client), options_(*client) {}

    // A connection that goes back by itself.
    class lease {
    public:
        lease(std::shared_ptr<connections> from, std::unique_ptr<connection> taken)
            : from_(std::move(from)), taken_(std::move(taken)) {}
        ~lease() {
            if (from_) from_->give_back(std::move(taken_));
        }
        lease(lease&&) noexcept = default;
        lease& operator=(lease&&) = delete;

        // Null: none was idle. The right to open one is held nevertheless.
        std::unique_ptr<connection>& operator*() { return taken_; }

    private:
        std::shared_ptr<connections> from_;
        std::unique_ptr<connection> taken_;
    };

    // Nothing: none came free in time.
    awaitable<std::optional<lease>> take();

    bool is_abandoned() const { return client_.expired(); }
    // The loop ends.
    void close();

private:
    using clock = std::chrono::steady_clock;
    struct place;
    struct idle_connection {
        std::unique_ptr<connection> kept;
        clock::time_point since;
    };

    std::unique_ptr<connection> idle_one();
    awaitable<void> wait(clock::time_point until);
    void give_back(std::unique_ptr<connection> c);

    const std::weak_ptr<const connections_options> client_;
    const connections_options options_;
    std::size_t out_ = 0;
    std::list<idle_connection> idle_;
    std::list<asio::steady_timer*> waiting_;
    bool is_closed_ = false;
};

}  // namespace confab::elastic
