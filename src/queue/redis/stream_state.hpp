// What an operator looks at and does: how much waits in each partition's stream, and a command sent once more. What
// Redis refuses is thrown as startup_error, in its own words.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "drivers/redis/client.hpp"
#include "queue/redis/streams.hpp"

namespace confab::queue {

struct stream_state {
    std::uint64_t entries = 0;
    std::optional<core::entry_id> oldest;
};

// How long ago, by Redis' clock.
std::chrono::milliseconds age_of(const core::entry_id& entry, std::int64_t clock_ms);

// Of every partition. Errors: unavailable. REQUIRES: `cluster` lives until then.
awaitable<result<std::vector<stream_state>>> stream_states(redis::client& on, std::string_view cluster,
                                                           std::uint64_t partitions);

// Redis' clock, by which entries are named: milliseconds since 1970. Errors: unavailable.
awaitable<result<std::int64_t>> clock_ms(redis::client& on);

// The last entry of each partition that a worker committed, where Redis knows one. Errors: unavailable.
awaitable<result<std::vector<core::delivery>>> committed_deliveries(redis::client& on, std::string_view cluster,
                                                                    std::uint64_t partitions);
// Has Redis forget them. Errors: unavailable.
awaitable<result<void>> forget_committed_deliveries(redis::client& on, std::string_view cluster,
                                                    std::uint64_t partitions);

// Appends the bytes of an entry to a partition's stream, however full it is. Errors: unavailable, outcome_unknown.
awaitable<result<void>> resend(redis::client& on, std::string_view cluster, core::partition_number to,
                               std::string_view bytes);

}  // namespace confab::queue
