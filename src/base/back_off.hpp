// Exponential back-off: each pause is twice as long as the last one, up to a limit. One thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

namespace confab {

class back_off {
public:
    using duration = std::chrono::milliseconds;

    back_off(duration first, duration most) : first_(first), most_(most), next_(first) {}

    // An attempt failed. Returns the pause before the next one.
    duration next() { return std::exchange(next_, std::min(2 * next_, most_)); }
    // An attempt succeeded.
    void reset() { next_ = first_; }

private:
    const duration first_, most_;
    duration next_;
};

}  // namespace confab
