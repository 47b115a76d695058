// Detects long turns of an event loop. A turn is the execution of one handler.
#pragma once

#include <chrono>
#include <cstdint>

namespace confab {

// For one loop. Works on samples; reads no clock.
class turn_watch {
public:
    static constexpr std::chrono::milliseconds turn_max{100};

    struct sample {
        std::uint64_t turns;           // so far
        std::chrono::nanoseconds cpu;  // used by the loop's thread so far
    };

    // A handler that notes a turn was queued on the loop.
    void expect_turn(const sample& now) {
        if (is_expected_) return;
        asked_ = now;
        is_expected_ = true;
        is_reported_ = false;
    }

    // True once per long turn: the loop has used more than turn_max of processor time since expect_turn(), and has
    // begun no turn. Why processor time: a loop that the scheduler delays is not busy.
    bool is_long(const sample& now) {
        if (now.turns != asked_.turns) is_expected_ = false;
        if (!is_expected_ || is_reported_ || now.cpu - asked_.cpu <= turn_max) return false;
        is_reported_ = true;
        return true;
    }

private:
    sample asked_{};
    bool is_expected_ = false;
    bool is_reported_ = false;
};

}  // namespace confab
