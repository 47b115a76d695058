// `confab jobs`: what waits in a cluster's queue, partition by partition, and the letters that could not be delivered.
#pragma once

#include <string>
#include <vector>

#include "app/options.hpp"

namespace confab::app {

// Without words it shows; `replay ID` sends a dead letter once more, `drop ID` forgets it. The process's exit status: 1
// when it showed dead letters.
// Throws startup_error and usage_error.
int jobs(const settings& s, const std::vector<std::string>& arguments);

}  // namespace confab::app
