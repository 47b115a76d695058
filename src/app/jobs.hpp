// `confab jobs`: the queue length of each partition of a cluster, and the dead letters.
#pragma once

#include <string>
#include <vector>

#include "app/options.hpp"

namespace confab::app {

// Without arguments, prints both. `replay ID` sends a dead letter's command again, unless it was executed meanwhile,
// and deletes the dead letter. `drop ID` only deletes it. Returns the process's exit status: 1 if it printed dead
// letters. Throws startup_error and usage_error.
int jobs(const settings& s, const std::vector<std::string>& arguments);

}  // namespace confab::app
