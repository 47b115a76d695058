// Finds the turns of an event loop that take long: a turn is what it does between two handlers.
#pragma once

#include <chrono>
#include <cstdint>

namespace confab {

// Of one loop, from samples. Pure.
class turn_watch {
public:
    static constexpr std::chrono::milliseconds turn_max{100};

    struct sample {
        std::uint64_t turns;           // begun so far
        std::chrono::nanoseconds cpu;  // that the loop's thread has used so far
    };

    // The loop was asked to begin another turn, after what waited on it.
    void expect_turn(const sample& now) {
        if (is_expected_) return;
        asked_ = now;
        is_expected_ = true;
        is_reported_ = false;
    }

    // True, once for each: the loop has used more than turn_max since it was asked, and has begun no turn. The
    // processor's time, not the clock's: a loop that the machine holds up is not to blame.
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
