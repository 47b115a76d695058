// `confab check`: verifies the ledger and its search index. A server may be running.
#pragma once

#include "app/options.hpp"

namespace confab::app {

// Prints a report to stdout. Returns the process's exit status: 1 if there are findings. Throws startup_error: the
// ledger cannot be read, or an engine cannot be used; usage_error: an option of an engine is invalid.
int check(const settings& s);

}  // namespace confab::app
