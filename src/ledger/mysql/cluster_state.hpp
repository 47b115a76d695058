// What `confab status` shows of a cluster's MySQL, and what a node watches of its workers. On a connection that
// somebody else holds; all of these throw mysql::failure. Only the server's clock counts.
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
    std::string version;                   // as the server says it
    std::string role;                      // primary, read-only or galera
    std::chrono::microseconds latency{0};  // of a statement that reads nothing
};
awaitable<server_state> server_state_of(confab::mysql::connection& db);

struct worker_state {
    std::string id;                      // hexadecimal, as the owner of a partition
    std::chrono::milliseconds lease{0};  // 0: a worker of a version that does not say it
    std::uint64_t partitions = 0;
};
// Those that are alive, by id.
awaitable<std::vector<worker_state>> worker_states(confab::mysql::connection& db);

// Of the workers that are alive; 0: there are none.
awaitable<std::chrono::milliseconds> longest_lease(confab::mysql::connection& db);

awaitable<std::uint64_t> count_dead_letters(confab::mysql::connection& db);

// Chats that were noted and not taken into the search index yet.
struct index_notes_state {
    std::uint64_t chats = 0;
    std::chrono::microseconds oldest{0};  // how long ago the first of them was noted
};
awaitable<index_notes_state> index_notes_state_of(confab::mysql::connection& db);

// What an index holds of the chats that it has begun to take in.
struct index_coverage {
    std::uint64_t chats = 0;
    std::uint64_t messages_indexed = 0;
    std::uint64_t messages = 0;
};
// Goes through all chats of the index.
awaitable<index_coverage> index_coverage_of(confab::mysql::connection& db, const index_id& index);

}  // namespace confab::ledger::mysql
