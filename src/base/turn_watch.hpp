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

    // True, once for each: the present turn has used more than turn_max since it was first seen. The processor's time,
    // not the clock's: a loop that the machine holds up is not to blame.
    bool is_long(const sample& now) {
        if (now.turns != first_.turns) {
            first_ = now;
            is_told_ = false;
        }
        if (is_told_ || now.cpu - first_.cpu <= turn_max) return false;
        is_told_ = true;
        return true;
    }

private:
    sample first_{};  // of the present turn
    bool is_told_ = false;
};

// Lets one event a minute be told.
class once_a_minute {
public:
    bool is_due(std::chrono::steady_clock::time_point now) {
        if (is_begun_ && now - last_ < std::chrono::minutes(1)) return false;
        is_begun_ = true;
        last_ = now;
        return true;
    }

private:
    std::chrono::steady_clock::time_point last_;
    bool is_begun_ = false;
};

}  // namespace confab
