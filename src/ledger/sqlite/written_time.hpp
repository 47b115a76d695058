// What a key's life counts from. It is judged by this machine's clock, and so counted from that, too; but a clock that
// is behind for a while would make keys that have expired when it is right again. So while it is behind the latest time
// that was written into the ledger, the life counts from that one. A time far ahead is more likely to be the wrong one,
// written while the clock was ahead: it counts for 48 h at the most. Unless the clock is certainly wrong, as that of a
// machine that starts in 1970: then the time that was written is all there is to go by.
#pragma once

#include <algorithm>

#include "base/clock.hpp"

namespace confab::ledger::sqlite {

inline constexpr std::int64_t ahead_max_us = 48 * 3'600'000'000LL;

// 2026-01-01. This program is younger, so no clock that is right is behind it.
inline constexpr timestamp earliest_right{1'767'225'600'000'000};

// At most 48 h ahead of a clock that may be right.
inline timestamp bounded(timestamp written, timestamp now) {
    if (now < earliest_right) return written;
    return std::min(written, timestamp{now.us + ahead_max_us});
}

// By how much longer a key is kept that is used now.
inline std::int64_t longer_life_us(timestamp written, timestamp now) {
    return std::max<std::int64_t>(bounded(written, now).us - now.us, 0);
}

}  // namespace confab::ledger::sqlite
