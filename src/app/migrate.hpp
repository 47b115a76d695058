// `confab migrate`: creates or upgrades the data structures in the engines of a cluster.
#pragma once

#include <string>
#include <vector>

#include "app/options.hpp"

namespace confab::app {

// Waits for the engines on the caller's thread. Safe to repeat, also after an interruption: what is done is not done
// again, except with these arguments. `arguments` may contain, in any order:
// - new_identity_argument: a copy of another cluster's database gets its own identity, a new one with each call.
// - accept_lost_commits_argument: Redis forgets what was committed, so workers accept a database that lacks commits.
//   Each call gives it another generation.
// Both are refused while a worker holds a lease.
// Returns the process's exit status, 0. Throws usage_error (engines_of), startup_error: an engine does not answer or
// cannot be used, or a migration is refused (migrate_mysql, rename_old_keys, migrate_elastic).
int migrate(const settings& s, const std::vector<std::string>& arguments);

}  // namespace confab::app
