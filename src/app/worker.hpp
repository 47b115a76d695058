// `confab worker`: executes the commands of the partitions that it owns, and writes to the cluster's ledger.
#pragma once

#include "app/options.hpp"

namespace confab::app {

// Returns the process's exit status. Throws startup_error and usage_error.
int run_worker(const settings& s);

}  // namespace confab::app
