// `confab worker`: takes the commands of the partitions it owns, and writes them to the ledger of the cluster.
#pragma once

#include "app/options.hpp"

namespace confab::app {

// The process's exit status. Throws startup_error and usage_error.
int run_worker(const settings& s);

}  // namespace confab::app
