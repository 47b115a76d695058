// Why a worker must not go on: the ledger has less than workers committed. The writer and the ownership of a shared
// ledger throw it, from any call. Numbers would be given a second time otherwise, and clients were told of the first.
#pragma once

#include <stdexcept>

namespace confab::ledger {

class lost_commits : public std::runtime_error {
    using runtime_error::runtime_error;
};

}  // namespace confab::ledger
