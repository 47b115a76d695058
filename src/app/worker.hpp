// `confab worker`: executes the commands of the partitions that it owns, and writes to the cluster's ledger.
#pragma once

#include "app/options.hpp"

namespace confab::app {

// Runs until a stop signal (server_setup.hpp), and then completes the current batch. Returns the process's exit status:
// 1 if the ledger has lost commits (ledger/lost_commits.hpp). Throws startup_error and usage_error.
int run_worker(const settings& s);

}  // namespace confab::app
