#include "drivers/mysql/pool.hpp"

#include <boost/asio/steady_timer.hpp>
#include <list>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/require.hpp"
#include "drivers/mysql/io_context_registry.hpp"

namespace confab::mysql {

// The connections of one event loop. Callers wait in a list. A returned connection, or a permit to open one, goes to
// the first of them.
class pool::loop_pool {
public:
    explicit loop_pool(const pool_options& options) : options_(options) {}

    awaitable<std::unique_ptr<connection>> take() {
        require(std::this_thread::get_id() == thread_, "one thread runs an event loop");
        auto taken = idle_one();
        if (taken) co_return taken;
        permit_guard permit(*this);
        if (count_ < options_.connections_max) {
            ++count_;
        } else {
            taken = co_await wait();
        }
        permit.is_held = true;
        if (!taken) {
            taken = std::make_unique<connection>(options_.connection);
            co_await taken->open();
        }
        permit.is_held = false;
        co_return taken;
    }

    void give_back(std::unique_ptr<connection> c) {
        if (!c->is_usable()) c.reset();
        if (!waiting_.empty()) {
            auto& first = *waiting_.front();
            waiting_.pop_front();
            first.is_served = true;
            first.given = std::move(c);
            first.timer.cancel();
        } else if (c) {
            idle_.push_back({std::move(c), clock::now()});
        } else {
            --count_;
        }
    }

private:
    using clock = std::chrono::steady_clock;

    struct waiter {
        explicit waiter(const asio::any_io_executor& executor) : timer(executor) {}

        asio::steady_timer timer;
        bool is_served = false;
        std::unique_ptr<connection> given;
    };

    // A caller's entry in `waiting_`, removed however the wait ends.
    struct wait_registration {
        wait_registration(loop_pool& s, waiter& w) : loop_connections(s), self(w) {
            loop_connections.waiting_.push_back(&w);
        }
        ~wait_registration() {
            if (!self.is_served) loop_connections.waiting_.remove(&self);
        }
        wait_registration(const wait_registration&) = delete;
        wait_registration& operator=(const wait_registration&) = delete;

        loop_pool& loop_connections;
        waiter& self;
    };

    // Releases the permit if the connection could not be opened.
    struct permit_guard {
        explicit permit_guard(loop_pool& s) : loop_connections(s) {}
        ~permit_guard() {
            if (is_held) loop_connections.release_permit();
        }
        permit_guard(const permit_guard&) = delete;
        permit_guard& operator=(const permit_guard&) = delete;

        loop_pool& loop_connections;
        bool is_held = false;
    };

    struct idle_connection {
        std::unique_ptr<connection> kept;
        clock::time_point since;
    };

    // The most recently used one, so that the others can expire.
    std::unique_ptr<connection> idle_one() {
        const auto oldest = clock::now() - options_.idle_max;
        while (!idle_.empty()) {
            auto last = std::move(idle_.back());
            idle_.pop_back();
            while (!idle_.empty() && idle_.front().since < oldest) {
                idle_.pop_front();
                --count_;
            }
            if (last.since >= oldest && last.kept->is_usable()) return std::move(last.kept);
            --count_;
        }
        return nullptr;
    }

    awaitable<std::unique_ptr<connection>> wait() {
        const auto executor = co_await asio::this_coro::executor;
        waiter self(executor);
        const wait_registration mine(*this, self);
        self.timer.expires_after(options_.wait_max);
        co_await self.timer.async_wait(use_tuple);
        if (!self.is_served)
            throw failure(failure::kind::down, 0,
                          "all connections to the server are in use, and none became free in time");
        co_return std::move(self.given);
    }

    void release_permit() {
        if (waiting_.empty()) {
            --count_;
            return;
        }
        auto& first = *waiting_.front();
        waiting_.pop_front();
        first.is_served = true;
        first.timer.cancel();
    }

    const pool_options options_;
    const std::thread::id thread_ = std::this_thread::get_id();  // the loop's
    std::size_t count_ = 0;  // idle connections, leased ones, and permits to open one
    std::list<idle_connection> idle_;
    std::list<waiter*> waiting_;
};

class pool::loop_pools {
public:
    std::mutex mutex;
    std::unordered_map<std::uint64_t, std::shared_ptr<loop_pool>> by_loop;
};

pool::pool(pool_options options) : options_(std::move(options)), loop_pools_(std::make_unique<loop_pools>()) {}
pool::~pool() = default;

pool::lease::lease(std::shared_ptr<loop_pool> from, std::unique_ptr<connection> taken)
    : from_(std::move(from)), taken_(std::move(taken)) {}

pool::lease::~lease() {
    if (taken_) from_->give_back(std::move(taken_));
}

awaitable<pool::lease> pool::take() {
    const auto executor = co_await asio::this_coro::executor;
    auto loop_connections = loop_pool_of(executor.context());
    auto taken = co_await loop_connections->take();
    co_return lease(std::move(loop_connections), std::move(taken));
}

std::shared_ptr<pool::loop_pool> pool::loop_pool_of(asio::execution_context& loop) {
    const auto number = io_context_registry::of(loop).number();
    const std::lock_guard lock(loop_pools_->mutex);
    auto& loop_connections = loop_pools_->by_loop[number];
    if (!loop_connections) loop_connections = std::make_shared<loop_pool>(options_);
    return loop_connections;
}

}  // namespace confab::mysql
