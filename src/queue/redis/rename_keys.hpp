// The upgrade from version 0.1.0, whose keys are the same in every cluster. Its entries become entries of this cluster.
#pragma once

#include <cstdint>
#include <string>

#include "drivers/redis/client.hpp"

namespace confab::queue {

// Renames the keys of every partition, each partition in one step. Nodes of version 0.1.0 that still send then find a
// full queue. May be repeated after an interruption. Returns the number of renamed entries. Throws startup_error: Redis
// does not answer; a partition has keys under both names. REQUIRES: no worker uses either name.
awaitable<std::uint64_t> rename_old_keys(redis::client& on, std::string cluster, std::uint64_t partitions);

}  // namespace confab::queue
