// How a call waits without a thread: it sleeps on a timer of its own event loop, until its deadline. applied() cancels
// the timer on that loop.
//
// 1. A call compares `applied_` and registers under one lock. applied() stores and resumes under the same lock. So no
//    call misses its batch.
// 2. A call is registered exactly as long as its coroutine exists. If the loop is destroyed, it destroys the coroutine,
//    which removes itself. So applied() never uses a loop that is gone.
#include "ledger/sqlite/unapplied_writes.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <mutex>
#include <optional>
#include <utility>

namespace confab::ledger::sqlite {
namespace {

constexpr std::chrono::seconds wait_max{2};  // several times the longest delay of a commit

enum class wake_up { applied, shutting_down };

struct waiting_call {
    std::uint64_t wanted;  // a batch
    std::weak_ptr<asio::steady_timer> timer;
    asio::any_io_executor home;  // runs the timer's handlers
    std::optional<wake_up> woken_by = std::nullopt;

    void wake(wake_up cause) {
        woken_by = cause;
        asio::post(home, [to_cancel = timer] {
            if (const auto existing = to_cancel.lock()) existing->cancel();
        });
    }
};

}  // namespace

class unapplied_writes::waiting_calls {
public:
    std::mutex mutex;  // for all below, and for changes of `applied_`
    std::list<waiting_call> calls;
    bool has_ended = false;

    void wake_up_to(std::uint64_t batch, wake_up cause) {
        for (auto& c : calls)
            if (!c.woken_by && c.wanted <= batch) c.wake(cause);
    }
};

class unapplied_writes::registration {
public:
    // REQUIRES: the caller holds the mutex.
    registration(std::shared_ptr<waiting_calls> all, waiting_call call)
        : all_(std::move(all)), call_(all_->calls.insert(all_->calls.end(), std::move(call))) {}
    ~registration() {
        const std::lock_guard lock(all_->mutex);
        all_->calls.erase(call_);
    }
    registration(const registration&) = delete;
    registration& operator=(const registration&) = delete;

    result<void> outcome() const {
        const std::lock_guard lock(all_->mutex);
        if (!call_->woken_by) return error::unavailable;
        if (*call_->woken_by == wake_up::shutting_down) return error::shutting_down;
        return {};
    }

private:
    const std::shared_ptr<waiting_calls> all_;
    const std::list<waiting_call>::iterator call_;
};

unapplied_writes::unapplied_writes() : waiting_(std::make_shared<waiting_calls>()) {}

void unapplied_writes::applied(std::uint64_t batch) {
    const std::lock_guard lock(waiting_->mutex);
    applied_.store(batch);
    waiting_->wake_up_to(batch, wake_up::applied);
}

void unapplied_writes::end_waits() {
    const std::lock_guard lock(waiting_->mutex);
    waiting_->has_ended = true;
    waiting_->wake_up_to(last_.load(), wake_up::shutting_down);
}

awaitable<result<void>> unapplied_writes::wait() const {
    const auto wanted = last_.load();
    const auto home = co_await asio::this_coro::executor;
    const auto timer = std::make_shared<asio::steady_timer>(home, wait_max);
    std::optional<registration> registered;
    {
        const std::lock_guard lock(waiting_->mutex);
        if (applied_.load() >= wanted) co_return result<void>();
        if (waiting_->has_ended) co_return error::shutting_down;
        registered.emplace(waiting_, waiting_call{wanted, timer, home});
    }
    // A cancellation is posted to this thread. So it comes after the timer's wait began.
    co_await timer->async_wait(use_tuple);
    co_return registered->outcome();
}

}  // namespace confab::ledger::sqlite
