// Assertions that are checked in release builds too. They cover states that no input and no failing disk can cause. To
// continue from such a state could break a promise. A restart continues from the data on disk.
#pragma once

#include <cstdlib>
#include <string>

#include "base/log.hpp"

namespace confab {

// Whether this build checks require_costly().
#ifdef CONFAB_COSTLY_CHECKS
inline constexpr bool costly_checks = true;
#else
inline constexpr bool costly_checks = false;
#endif

// Out of line, so that a check is no more than a comparison where it is made.
[[noreturn, gnu::cold, gnu::noinline]] inline void fail_assertion(const char* what) {
    log::error(std::string("assertion failed: ") + what);
    std::abort();
}

// Aborts the process if `holds` is false. Any thread.
inline void require(bool holds, const char* what) {
    if (!holds) [[unlikely]]
        fail_assertion(what);
}

// The same for a check that takes more than constant time, or holds only for texts that a healthy disk returns. Calls
// `holds` only in builds with CONFAB_COSTLY_CHECKS (the preset tsan).
template <class Check>
void require_costly([[maybe_unused]] const Check& holds, [[maybe_unused]] const char* what) {
    if constexpr (costly_checks) require(holds(), what);
}

}  // namespace confab
