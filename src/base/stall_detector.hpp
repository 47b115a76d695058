// Detects the stalls of an event loop: handlers that run for too long.
#pragma once

#include <chrono>
#include <cstdint>

namespace confab {

// For one loop. Works on samples; reads no clock.
class stall_detector {
public:
    static constexpr std::chrono::milliseconds stall_min{100};

    struct sample {
        std::uint64_t handlers;        // begun so far
        std::chrono::nanoseconds cpu;  // used by the loop's thread so far
    };

    // A handler that counts itself was queued on the loop.
    void expect_handler(const sample& now) {
        if (is_expected_) return;
        asked_ = now;
        is_expected_ = true;
        is_reported_ = false;
    }

    // True once per stall: the loop has used more than stall_min of processor time since expect_handler(), and has
    // begun no handler. Why processor time: a loop that the scheduler delays is not busy.
    bool is_stalled(const sample& now) {
        if (now.handlers != asked_.handlers) is_expected_ = false;
        if (!is_expected_ || is_reported_ || now.cpu - asked_.cpu <= stall_min) return false;
        is_reported_ = true;
        return true;
    }

private:
    sample asked_{};
    bool is_expected_ = false;
    bool is_reported_ = false;
};

}  // namespace confab
