// The upgrade from version 0.1.0, whose keys any cluster has: what waits under them becomes this cluster's.
#pragma once

#include <cstdint>
#include <string>

#include "drivers/redis/client.hpp"

namespace confab::queue {

// Renames the keys of every partition, each partition in one step, and makes nodes of version 0.1.0 that still send
// find a full queue. May be repeated after it was interrupted. The number of entries that were renamed. Throws
// startup_error: Redis does not answer; a partition has keys under both names. REQUIRES: no worker uses either name.
awaitable<std::uint64_t> rename_old_keys(redis::client& on, std::string cluster, std::uint64_t partitions);

}  // namespace confab::queue
