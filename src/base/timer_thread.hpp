// A one-shot timer with a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace confab {

// Any thread. The callback may arm and disarm it.
class timer_thread {
public:
    using clock = std::chrono::steady_clock;

    explicit timer_thread(std::function<void()> call);
    // Waits for a running callback.
    ~timer_thread();
    timer_thread(const timer_thread&) = delete;
    timer_thread& operator=(const timer_thread&) = delete;

    // Does nothing if it is armed already.
    void arm(clock::duration after);
    void disarm();

private:
    void run();

    const std::function<void()> call_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<clock::time_point> due_;
    bool is_ending_ = false;
    std::thread thread_;
};

}  // namespace confab
