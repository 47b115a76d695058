// The time at which the life of an idempotency key begins. A key expires by this machine's clock, so its life normally
// begins by that clock, too. But a clock that is temporarily behind would make keys that are expired once it is right
// again. So while the clock is behind the latest time written into the ledger, the life begins at that time. A time far
// ahead is more likely wrong itself: written while the clock was ahead. So it counts for at most 48 h. The exception is
// a clock that is certainly wrong, such as on a machine that starts in 1970. Then only the written time is usable.
#pragma once

#include <algorithm>

#include "base/clock.hpp"

namespace confab::ledger::sqlite {

inline constexpr std::int64_t ahead_max_us = 48 * 3'600'000'000LL;

// 2026-01-01. This program is younger, so a clock before this time is wrong.
inline constexpr timestamp earliest_right{1'767'225'600'000'000};

// At most 48 h ahead of `now`, unless the clock is certainly wrong.
inline timestamp bounded(timestamp written, timestamp now) {
    if (now < earliest_right) return written;
    return std::min(written, timestamp{now.us + ahead_max_us});
}

// The extra life of a key that is used now.
inline std::int64_t longer_life_us(timestamp written, timestamp now) {
    return std::max<std::int64_t>(bounded(written, now).us - now.us, 0);
}

}  // namespace confab::ledger::sqlite
