// `confab migrate`: creates or upgrades the data structures in the engines of a cluster.
#pragma once

#include <string>
#include <vector>

#include "app/options.hpp"

namespace confab::app {

// With new_identity_argument, a copy of another cluster's database gets its own identity. With
// accept_lost_commits_argument, Redis forgets what was committed, so workers accept a database that lacks commits.
// Returns the process's exit status. Throws startup_error and usage_error.
int migrate(const settings& s, const std::vector<std::string>& arguments);

}  // namespace confab::app
