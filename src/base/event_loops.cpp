#include "base/event_loops.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <string>
#include <system_error>

#include "base/error.hpp"
#include "base/loop_monitor.hpp"
#include "base/require.hpp"

namespace confab {

thread_local event_loops::loop* event_loops::current = nullptr;

event_loops::event_loops(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) loops_.push_back(std::make_unique<loop>());
}

event_loops::~event_loops() {
    stop();
}

void event_loops::start() {
    try {
        for (auto& l : loops_) {
            l->thread = std::thread([own = l.get()] {
                current = own;
                own->context.run();
            });
        }
    } catch (const std::system_error& cause) {
        throw startup_error(std::string("cannot start a thread: ") + cause.what());
    }
}

bool event_loops::is_on_loop() const {
    return current && std::ranges::any_of(loops_, [](const auto& l) { return l.get() == current; });
}

void event_loops::lower_priority() {
    require(is_running(), "only started threads have a priority");
    constexpr int background = 10;
    // On Linux each thread has its own niceness. 0 means the calling thread.
    for (auto& l : loops_) boost::asio::post(l->context, [] { setpriority(PRIO_PROCESS, 0, background); });
}

void event_loops::watch() {
    require(!monitor_, "stalls of event loops are counted once");
    monitor_ = std::make_unique<loop_monitor>(*this);
}

std::uint64_t event_loops::stalls() const {
    return monitor_ ? monitor_->stalls() : 0;
}

void event_loops::count_handler() {
    if (!current) return;
    auto& handlers = current->handlers;  // only this thread writes it
    handlers.store(handlers.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void event_loops::queue_handler_at(std::size_t index) {
    auto& l = *loops_[index];
    if (l.is_handler_queued.exchange(true)) return;
    boost::asio::post(l.context, [&l] {
        l.is_handler_queued = false;
        count_handler();
    });
}

std::optional<stall_detector::sample> event_loops::sample_at(std::size_t index) {
    auto& l = *loops_[index];
    require(l.thread.joinable(), "a loop without a thread has no processor time");
    clockid_t clock{};
    timespec used{};
    if (pthread_getcpuclockid(l.thread.native_handle(), &clock) != 0 || clock_gettime(clock, &used) != 0)
        return std::nullopt;
    return stall_detector::sample{l.handlers.load(std::memory_order_relaxed),
                                  std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec)};
}

void event_loops::stop() {
    monitor_.reset();
    for (auto& l : loops_) l->context.stop();
    for (auto& l : loops_)
        if (l->thread.joinable()) l->thread.join();
}

}  // namespace confab
