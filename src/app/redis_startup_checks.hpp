// What a Redis has to be before a cluster relies on it.
#pragma once

#include <cstdint>
#include <memory>

#include "app/options.hpp"
#include "drivers/redis/client.hpp"

namespace confab::app {

// A client that is connected to a primary which is no Redis Cluster. Waits for a server that is not there yet. Throws
// startup_error, with the server's own words: it does not come, refuses the login, or cannot be the queue.
awaitable<std::unique_ptr<redis::client>> connect_redis(const redis::client_options& options);

// What becomes of a Redis that does not show its maxmemory-policy.
enum class unshown_policy { refuse, take };
unshown_policy unshown_policy_of(const settings& s);

struct redis_at_start {
    std::uint64_t memory_max = 0;  // its maxmemory, in bytes; 0: no limit, or it does not say
};

// Throws startup_error: as above, or Redis would throw commands away when its memory is full. One whose policy is not
// shown is logged where it is taken.
redis_at_start require_redis_noeviction(const redis::client_options& options, unshown_policy unshown);

// Logs a warning where Redis is full before the queue is: it then refuses commands that the limits would let pass.
void warn_of_little_memory(const redis::client_options& options, const redis_at_start& found, std::uint64_t partitions,
                           std::uint64_t queue_bytes_max);

}  // namespace confab::app
