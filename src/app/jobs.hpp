// `confab jobs`: the queue length of each partition of a cluster, and the dead letters.
#pragma once

#include <string>
#include <vector>

#include "app/options.hpp"

namespace confab::app {

// Without arguments, prints both. `replay ID` sends a dead letter's command again. The worker that executes it closes
// the dead letter, so the command is executed at most once, however often it is sent. `drop ID` closes it without that.
// Returns the process's exit status: 1 if it printed dead letters. Throws startup_error and usage_error.
int jobs(const settings& s, const std::vector<std::string>& arguments);

}  // namespace confab::app
