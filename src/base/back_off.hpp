// How long to wait before the next attempt: twice as long after each failure, up to a limit.
#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

namespace confab {

class back_off {
public:
    using duration = std::chrono::milliseconds;

    back_off(duration first, duration most) : first_(first), most_(most), next_(first) {}

    // The pause after one more failure.
    duration next() { return std::exchange(next_, std::min(2 * next_, most_)); }
    // An attempt succeeded.
    void reset() { next_ = first_; }

private:
    const duration first_, most_;
    duration next_;
};

}  // namespace confab
