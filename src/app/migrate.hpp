// `confab migrate`: brings the engines of a cluster to what this program needs.
#pragma once

#include <string>
#include <vector>

#include "app/options.hpp"

namespace confab::app {

// With new_identity_argument, the database becomes a cluster of its own. With accept_lost_commits_argument, workers
// take a database that has less than was committed. The process's exit status. Throws startup_error and usage_error.
int migrate(const settings& s, const std::vector<std::string>& arguments);

}  // namespace confab::app
