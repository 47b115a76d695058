// Checks at the start that Redis can be the queue of a cluster.
#pragma once

#include <cstdint>
#include <memory>

#include "app/options.hpp"
#include "drivers/redis/client.hpp"

namespace confab::app {

// A client that is connected to a primary outside of cluster mode. Waits for a server that does not answer yet. Throws
// startup_error, with the server's message: it does not answer, refuses the login, or cannot be the queue.
awaitable<std::unique_ptr<redis::client>> connect_redis(const redis::client_options& options);

// Whether to refuse or accept a server that does not show its maxmemory-policy.
enum class unshown_policy { refuse, take };
unshown_policy unshown_policy_of(const settings& s);

struct redis_at_start {
    std::uint64_t memory_max = 0;  // its maxmemory, in bytes; 0: no limit, or not shown
};

// Throws startup_error as above, or if Redis would evict commands when its memory is full. If a server that does not
// show its policy is accepted, a warning is logged.
redis_at_start require_redis_noeviction(const redis::client_options& options, unshown_policy unshown);

// Logs a warning if Redis would be full before the queue. It would then refuse commands that the limits allow.
void warn_of_little_memory(const redis::client_options& options, const redis_at_start& found, std::uint64_t partitions,
                           std::uint64_t queue_bytes_max);

}  // namespace confab::app
