// The ledger has less than workers committed, so the worker must stop. Otherwise it would give numbers again that
// clients already have. The writer and the ownership of a shared ledger throw it, from any call.
#pragma once

#include <stdexcept>

namespace confab::ledger {

class lost_commits : public std::runtime_error {
    using runtime_error::runtime_error;
};

}  // namespace confab::ledger
