// Assertions that are checked in release builds too. They cover states that no input and no failing disk can cause. To
// continue from such a state could break a promise. A restart continues from the data on disk.
#pragma once

#include <cstdlib>
#include <string>

#include "base/log.hpp"

namespace confab {

// Aborts the process if `holds` is false. Any thread.
inline void require(bool holds, const char* what) {
    if (holds) [[likely]]
        return;
    log::error(std::string("assertion failed: ") + what);
    std::abort();
}

}  // namespace confab
