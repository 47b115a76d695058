// The state of a cluster's MySQL for `confab status`, and of its workers for the nodes. On the caller's connection. All
// functions throw mysql::failure. Only the server's clock counts.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "drivers/mysql/connection.hpp"
#include "ledger/index_progress.hpp"

namespace confab::ledger::mysql {

struct server_state {
    std::string version;                   // as the server reports it
    std::string role;                      // primary, read-only or galera
    std::chrono::microseconds latency{0};  // of a statement that reads no table
};
awaitable<server_state> server_state_of(confab::mysql::connection& db);

struct worker_state {
    std::string id;                      // hexadecimal, as in partition_state::owner
    std::chrono::milliseconds lease{0};  // 0: a worker of a version that does not record it
    std::uint64_t partitions = 0;
};
// The live workers, by id.
awaitable<std::vector<worker_state>> worker_states(confab::mysql::connection& db);

// The longest lease of the live workers. 0: there are none.
awaitable<std::chrono::milliseconds> longest_lease(confab::mysql::connection& db);

// Of those that are open.
awaitable<std::uint64_t> count_dead_letters(confab::mysql::connection& db);

// Chats with a note that are not in the search index yet.
struct index_notes_state {
    std::uint64_t chats = 0;
    std::chrono::microseconds oldest{0};  // the age of the oldest note
};
awaitable<index_notes_state> index_notes_state_of(confab::mysql::connection& db);

// The share of its chats that an index holds. A chat counts once its indexing has begun.
struct index_coverage {
    std::uint64_t chats = 0;
    std::uint64_t messages_indexed = 0;
    std::uint64_t messages = 0;
};
// Reads all chats of the index.
awaitable<index_coverage> index_coverage_of(confab::mysql::connection& db, const index_id& index);

}  // namespace confab::ledger::mysql
