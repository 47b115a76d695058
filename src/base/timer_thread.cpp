#include "base/timer_thread.hpp"

#include <utility>

namespace confab {

timer_thread::timer_thread(std::function<void()> call) : call_(std::move(call)), thread_([this] { run(); }) {}

timer_thread::~timer_thread() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void timer_thread::arm(clock::duration after) {
    {
        const std::lock_guard lock(mutex_);
        if (due_) return;
        due_ = clock::now() + after;
    }
    changed_.notify_all();
}

void timer_thread::disarm() {
    const std::lock_guard lock(mutex_);
    due_.reset();
}

void timer_thread::run() {
    std::unique_lock lock(mutex_);
    while (!is_ending_) {
        if (!due_) {
            changed_.wait(lock);
        } else if (*due_ > clock::now()) {
            changed_.wait_until(lock, clock::time_point(*due_));
        } else {
            due_.reset();
            lock.unlock();
            call_();
            lock.lock();
        }
    }
}

}  // namespace confab
