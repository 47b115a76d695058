// `confab reindex`: builds the search index anew from the ledger.
#pragma once

#include "app/options.hpp"

namespace confab::app {

// Runs until the index is complete, or a stop signal. Prints a report to stdout, and its progress to stderr. Returns
// the process's exit status, 0. Throws startup_error: the index cannot be built; usage_error: there is none.
int reindex(const settings& s);

}  // namespace confab::app
