// Queries and repairs of the queue in Redis, for operators' commands and for the start of a worker: queue lengths, the
// last committed entries, and sending a dead letter again. An error reply of Redis is thrown as startup_error, with its
// text. REQUIRES of all calls: the client and the texts live until the call completes.
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

// The entry's age by Redis' clock; 0 if the entry's id is ahead of that clock.
std::chrono::milliseconds age_of(const core::entry_id& entry, std::int64_t clock_ms);

// The state of every partition's stream, in the order of the partitions. Errors: unavailable.
awaitable<result<std::vector<stream_state>>> stream_states(redis::client& on, std::string_view cluster,
                                                           std::uint64_t partitions);

// Redis' clock, from which entries get their ids: milliseconds since 1970. Errors: unavailable.
awaitable<result<std::int64_t>> clock_ms(redis::client& on);

// The last committed entry of each partition, as workers record it in Redis. Partitions without a record are left out.
// A worker checks at its start that the ledger has these commits. `seen` is empty. Errors: unavailable.
awaitable<result<std::vector<core::delivery>>> committed_deliveries(redis::client& on, std::string_view cluster,
                                                                    std::uint64_t partitions);
// Deletes these records, so that workers accept a ledger without the commits. Errors: unavailable.
awaitable<result<void>> delete_committed_deliveries(redis::client& on, std::string_view cluster,
                                                    std::uint64_t partitions);

// Appends an encoded command to a partition's stream, even if the stream is full. Errors: unavailable, outcome_unknown.
awaitable<result<void>> resend(redis::client& on, std::string_view cluster, core::partition_number to,
                               std::string_view bytes);

}  // namespace confab::queue
