// For operators: the queue length of each partition, and sending a command again. If Redis refuses, its text is thrown
// as startup_error.
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

// The entry's age, by Redis' clock.
std::chrono::milliseconds age_of(const core::entry_id& entry, std::int64_t clock_ms);

// The state of every partition's stream. Errors: unavailable. REQUIRES: `cluster` lives until it returns.
awaitable<result<std::vector<stream_state>>> stream_states(redis::client& on, std::string_view cluster,
                                                           std::uint64_t partitions);

// Redis' clock, from which entries get their ids: milliseconds since 1970. Errors: unavailable.
awaitable<result<std::int64_t>> clock_ms(redis::client& on);

// The last committed entry of each partition, if Redis has one. Errors: unavailable.
awaitable<result<std::vector<core::delivery>>> committed_deliveries(redis::client& on, std::string_view cluster,
                                                                    std::uint64_t partitions);
// Deletes them from Redis. Errors: unavailable.
awaitable<result<void>> forget_committed_deliveries(redis::client& on, std::string_view cluster,
                                                    std::uint64_t partitions);

// Appends the bytes of an entry to a partition's stream, even if it is full. Errors: unavailable, outcome_unknown.
awaitable<result<void>> resend(redis::client& on, std::string_view cluster, core::partition_number to,
                               std::string_view bytes);

}  // namespace confab::queue
