#include "drivers/mysql/pool.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <mutex>
#include <unordered_map>

#include "drivers/mysql/tenants.hpp"

namespace confab::mysql {

// The connections of one event loop. Whoever waits does so in a list; what comes back goes to the first of them: the
// connection, or the right to open one.
class pool::loop_share {
public:
    explicit loop_share(const pool_options& options) : options_(options) {}

    awaitable<std::unique_ptr<connection>> take() {
        auto taken = idle_one();
        if (taken) co_return taken;
        right_to_one right(*this);
        if (count_ < options_.connections_max) {
            ++count_;
        } else {
            taken = co_await wait();
        }
        right.is_held = true;
        if (!taken) {
            taken = std::make_unique<connection>(options_.connection);
            co_await taken->open();
        }
        right.is_held = false;
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

    // A waiter's place, given up however the waiting ends.
    struct place {
        place(loop_share& s, waiter& w) : share(s), self(w) { share.waiting_.push_back(&w); }
        ~place() {
            if (!self.is_served) share.waiting_.remove(&self);
        }
        place(const place&) = delete;
        place& operator=(const place&) = delete;

        loop_share& share;
        waiter& self;
    };

    // Given back if the connection does not come to be.
    struct right_to_one {
        explicit right_to_one(loop_share& s) : share(s) {}
        ~right_to_one() {
            if (is_held) share.pass_on_right();
        }
        right_to_one(const right_to_one&) = delete;
        right_to_one& operator=(const right_to_one&) = delete;

        loop_share& share;
        bool is_held = false;
    };

    struct idle_connection {
        std::unique_ptr<connection> kept;
        clock::time_point since;
    };

    // The one used last; all others may then grow old and go.
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
        const place mine(*this, self);
        self.timer.expires_after(options_.wait_max);
        co_await self.timer.async_wait(asio::as_tuple(asio::use_awaitable));
        if (!self.is_served)
            throw failure(failure::kind::down, 0, "all connections to the server are in use, and none came free in time");
        co_return std::move(self.given);
    }

    void pass_on_right() {
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
    std::size_t count_ = 0;  // idle ones, those that are out, and rights to open one
    std::list<idle_connection> idle_;
    std::list<waiter*> waiting_;
};

class pool::shares {
public:
    std::mutex mutex;
    std::unordered_map<std::uint64_t, std::shared_ptr<loop_share>> of_loops;
};

pool::pool(pool_options options) : options_(std::move(options)), shares_(std::make_unique<shares>()) {}
pool::~pool() = default;

pool::lease::lease(std::shared_ptr<loop_share> from, std::unique_ptr<connection> taken)
    : from_(std::move(from)), taken_(std::move(taken)) {}

pool::lease::~lease() {
    if (taken_) from_->give_back(std::move(taken_));
}

awaitable<pool::lease> pool::take() {
    const auto executor = co_await asio::this_coro::executor;
    auto share = share_of(executor.context());
    auto taken = co_await share->take();
    co_return lease(std::move(share), std::move(taken));
}

std::shared_ptr<pool::loop_share> pool::share_of(asio::execution_context& loop) {
    const auto number = tenants::of(loop).number();
    const std::lock_guard lock(shares_->mutex);
    auto& share = shares_->of_loops[number];
    if (!share) share = std::make_shared<loop_share>(options_);
    return share;
}

}  // namespace confab::mysql
