// What a Redis has to be before a cluster relies on it.
#pragma once

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

// Throws startup_error: as above, or Redis would throw commands away when its memory is full. One whose policy is not
// shown is logged where it is taken.
void require_redis_that_keeps(const redis::client_options& options, unshown_policy unshown);

}  // namespace confab::app
