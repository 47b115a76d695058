// `confab reindex`: rebuilds the search index from the ledger.
#pragma once

#include "app/options.hpp"

namespace confab::app {

// Runs until the index is complete. Prints a report to stdout, and its progress to stderr. Returns the process's exit
// status, 0. Throws startup_error: the index cannot be built, or in a cluster a signal stopped it. Throws usage_error:
// a cluster has no search index.
int reindex(const settings& s);

}  // namespace confab::app
