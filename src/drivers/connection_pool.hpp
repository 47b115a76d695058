// The connections of one client on one event loop: a bounded number. When all are in use, callers wait, and are served
// in their order. The loop owns them, and they end with it.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "base/async.hpp"
#include "base/require.hpp"

namespace confab {

struct connection_limits {
    std::size_t connections_max;         // of each event loop
    std::chrono::milliseconds wait_max;  // for a connection, when all are in use
    std::chrono::seconds idle_max;       // how long an unused connection is kept
};

// The loop's thread only. `Connection::is_usable()` says whether a connection can be kept.
template <class Connection>
class connection_pool : public std::enable_shared_from_this<connection_pool<Connection>> {
public:
    // The pool of `client` on `loop`, created at the first call. The loop releases it when it ends, or some time after
    // `client` is gone.
    static std::shared_ptr<connection_pool> of(const std::shared_ptr<const connection_limits>& client,
                                               asio::execution_context& loop) {
        return asio::use_service<loop_service>(loop).of(client);
    }

    explicit connection_pool(const std::shared_ptr<const connection_limits>& client)
        : client_(client), limits_(*client) {}

    // The right to use one connection. It returns to the pool automatically.
    class lease {
    public:
        lease(std::shared_ptr<connection_pool> from, std::unique_ptr<Connection> taken)
            : from_(std::move(from)), taken_(std::move(taken)) {}
        ~lease() {
            if (from_) from_->give_back(std::move(taken_));
        }
        lease(lease&&) noexcept = default;
        lease& operator=(lease&&) = delete;

        // Null: none was idle, and the caller may put a new one here.
        std::unique_ptr<Connection>& connection() { return taken_; }
        const std::unique_ptr<Connection>& connection() const { return taken_; }

    private:
        std::shared_ptr<connection_pool> from_;
        std::unique_ptr<Connection> taken_;
    };

    // Nothing: no connection became free in time.
    awaitable<std::optional<lease>> take() {
        require(std::this_thread::get_id() == thread_, "one thread runs an event loop");
        const auto self = this->shared_from_this();
        if (in_use_ < limits_.connections_max) {
            ++in_use_;
            co_return std::optional<lease>(std::in_place, self, idle_one());
        }
        waiter mine(co_await asio::this_coro::executor, clock::now() + limits_.wait_max);
        const wait_registration registered(*this, mine);
        co_await mine.alarm.async_wait(use_tuple);
        if (!mine.is_served) co_return std::nullopt;
        co_return std::optional<lease>(std::in_place, self, std::move(mine.given));
    }

private:
    using clock = std::chrono::steady_clock;

    struct idle_connection {
        std::unique_ptr<Connection> kept;
        clock::time_point since;
    };

    struct waiter {
        waiter(const asio::any_io_executor& loop, clock::time_point until) : alarm(loop, until) {}

        asio::steady_timer alarm;
        bool is_served = false;  // another caller left its right to this one, and its connection if it was usable
        std::unique_ptr<Connection> given = {};
    };

    // A caller's entry in `waiting_`, removed however the wait ends.
    struct wait_registration {
        wait_registration(connection_pool& all, waiter& mine) : pool(all), self(mine) {
            pool.waiting_.push_back(&self);
        }
        ~wait_registration() {
            if (!self.is_served) pool.waiting_.remove(&self);
        }
        wait_registration(const wait_registration&) = delete;
        wait_registration& operator=(const wait_registration&) = delete;

        connection_pool& pool;
        waiter& self;
    };

    // The pools of all clients on one event loop.
    class loop_service final : public asio::execution_context::service {
    public:
        using key_type = loop_service;
        static inline asio::execution_context::id id;

        explicit loop_service(asio::execution_context& loop) : service(loop) {}

        std::shared_ptr<connection_pool> of(const std::shared_ptr<const connection_limits>& client) {
            if (const auto known = all_.find(client.get()); known != all_.end() && !known->second->client_.expired())
                return known->second;
            std::erase_if(all_, [](const auto& one) { return one.second->client_.expired(); });
            return all_[client.get()] = std::make_shared<connection_pool>(client);
        }

    private:
        void shutdown() override {
            for (auto& [client, pool] : all_) pool->close();
            all_.clear();
        }

        std::map<const void*, std::shared_ptr<connection_pool>> all_;
    };

    // The most recently used one, so that the others can expire.
    std::unique_ptr<Connection> idle_one() {
        const auto oldest = clock::now() - limits_.idle_max;
        while (!idle_.empty() && idle_.front().since < oldest) idle_.pop_front();
        while (!idle_.empty()) {
            auto last = std::move(idle_.back().kept);
            idle_.pop_back();
            if (last->is_usable()) return last;
        }
        return nullptr;
    }

    void give_back(std::unique_ptr<Connection> c) {
        if (is_closed_) return;
        if (c && !c->is_usable()) c.reset();
        if (!waiting_.empty()) {
            auto& first = *waiting_.front();
            waiting_.pop_front();
            first.is_served = true;
            first.given = std::move(c);
            first.alarm.cancel();
            return;
        }
        --in_use_;
        if (c) idle_.push_back({std::move(c), clock::now()});
    }

    // Called when the loop ends.
    void close() {
        is_closed_ = true;
        idle_.clear();
        waiting_.clear();
    }

    const std::weak_ptr<const connection_limits> client_;
    const connection_limits limits_;
    const std::thread::id thread_ = std::this_thread::get_id();  // the loop's
    std::size_t in_use_ = 0;
    std::deque<idle_connection> idle_;
    std::list<waiter*> waiting_;
    bool is_closed_ = false;
};

}  // namespace confab
