#include "app/threads.hpp"

#include <fmt/core.h>

#include <cstdlib>

#include "base/log.hpp"
#include "base/spawn.hpp"

namespace confab::app {

void writer_thread::start(awaitable<void> work) {
    spawn(executor(), std::move(work), [this](const std::exception_ptr& failure) {
        try {
            if (failure) std::rethrow_exception(failure);
        } catch (const std::exception& cause) {
            log::error(fmt::format("the batch writer failed, so the process aborts: {}", cause.what()));
            std::abort();
        }
        done_.set_value();
    });
    loop_.start();
    is_working_ = true;
}

void writer_thread::wait() {
    if (std::exchange(is_working_, false)) done_.get_future().wait();
    loop_.stop();
}

template <class Follower>
void index_thread::run(Follower& follower) {
    auto& mine = running_.emplace_back(running{[&follower] { follower.stop(); }});
    spawn(executor(), follower.run(), [&mine](const std::exception_ptr& failure) {
        if (failure) log::error("the index follower failed, so searches scan unindexed messages");
        mine.done.set_value();
    });
}

void index_thread::start(search::index_follower& follower, search::inactive_index_follower* inactive) {
    run(follower);
    if (inactive) run(*inactive);
    loop_.start();
    loop_.lower_priority();
    is_working_ = true;
}

void index_thread::stop() {
    if (std::exchange(is_working_, false)) {
        for (auto& each : running_) each.stop();
        for (auto& each : running_) each.done.get_future().wait();
    }
    loop_.stop();  // its thread may still be inside set_value()
    running_.clear();
}

}  // namespace confab::app
