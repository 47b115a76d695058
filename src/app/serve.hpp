// `confab serve`, alone: builds the house on SQLite, runs until told to stop, and drains.
#pragma once

#include "app/options.hpp"

namespace confab::app {

// The process's exit status. Throws startup_error and usage_error.
int serve(const settings& s);

}  // namespace confab::app
