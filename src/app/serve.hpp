// `confab serve` as a standalone server: runs on SQLite until a stop signal, then drains.
#pragma once

#include "app/options.hpp"

namespace confab::app {

// Returns the process's exit status. Throws startup_error and usage_error.
int serve(const settings& s);

}  // namespace confab::app
