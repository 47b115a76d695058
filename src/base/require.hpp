// What must hold, checked in release builds too. For states that no input and no failing disk may bring about: going on
// from one could break a promise, while the next start goes on from what is on disk.
#pragma once

#include <cstdlib>
#include <string>

#include "base/log.hpp"

namespace confab {

// Ends the process at once when `holds` is false. Any thread.
inline void require(bool holds, const char* what) {
    if (holds) [[likely]]
        return;
    log::error(std::string("ending at once, since this does not hold: ") + what);
    std::abort();
}

}  // namespace confab
