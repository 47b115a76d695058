// Stops a background task from any thread. Copies share one signal, so a task can pass it to its subtasks.
#pragma once

#include <atomic>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>

#include "base/async.hpp"

namespace confab::search {

class stop_signal {
public:
    // The task runs on `home`, an event loop with one thread.
    explicit stop_signal(asio::any_io_executor home) : shared_(std::make_shared<shared>(std::move(home))) {}

    // Any thread.
    void stop() {
        shared_->is_set = true;
        wake();
    }
    bool is_set() const { return shared_->is_set; }
    // Ends a sleep() that is in progress. Any thread.
    void wake() {
        asio::post(shared_->home, [s = shared_] { s->timer.cancel(); });
    }

    const asio::any_io_executor& home() const { return shared_->home; }
    // Ends after `time`, by wake(), or immediately if the signal is set. On `home`, one at a time.
    awaitable<void> sleep(std::chrono::milliseconds time) {
        if (is_set()) co_return;
        shared_->timer.expires_after(time);
        boost::system::error_code wait_error;
        co_await shared_->timer.async_wait(asio::redirect_error(asio::use_awaitable, wait_error));
    }

private:
    // Outlives the task while a wake-up is pending.
    struct shared {
        explicit shared(asio::any_io_executor loop) : home(std::move(loop)), timer(home) {}
        const asio::any_io_executor home;
        asio::steady_timer timer;  // used only on `home`
        std::atomic<bool> is_set = false;
    };
    std::shared_ptr<shared> shared_;
};

}  // namespace confab::search
