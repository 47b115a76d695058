// The shared ledger lacks commits of workers: its database was restored to an earlier state, or a server without the
// last commits replaced it. load() and apply() of the writer throw it, and renew() of the ownership. Then the worker
// must stop. Otherwise it would assign numbers again that clients have already received.
#pragma once

#include <stdexcept>

namespace confab::ledger {

class lost_commits : public std::runtime_error {
    using runtime_error::runtime_error;
};

}  // namespace confab::ledger
