// `confab status`: shows the engines, workers, partitions and search index of a cluster.
//
// It also works when an engine is down. The report then has the engine's fault, and lacks the values of that engine.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "app/options.hpp"
#include "ledger/mysql/cluster_state.hpp"
#include "ledger/mysql/partition_state.hpp"
#include "queue/redis/stream_state.hpp"

namespace confab::app {

struct engine_report {
    std::string name;   // as its option
    std::string where;  // without a password
    std::string version = {};
    std::string role = {};  // such as primary; for Elasticsearch, the health of the index
    std::chrono::microseconds latency{0};
    std::string fault = {};  // why it cannot be used; empty: none
};

struct partition_report {
    ledger::mysql::partition_state state;
    std::optional<queue::stream_state> waiting;                // empty: Redis did not answer
    std::optional<std::chrono::milliseconds> oldest_age = {};  // empty: the queue is empty
};

struct index_report {
    std::string name;  // empty: there is no searchable index, and its progress is unknown
    std::optional<ledger::mysql::index_notes_state> waiting = {};
    std::optional<ledger::mysql::index_coverage> coverage = {};
};

struct redis_memory {
    std::optional<std::uint64_t> used = {};  // empty: not shown
    std::optional<std::uint64_t> most = {};  // 0: no limit; empty: not shown
    std::string policy = {};                 // its maxmemory-policy; empty: not shown
};

struct cluster_report {
    std::string cluster = {};  // its identity; empty: MySQL did not answer
    std::vector<engine_report> engines;
    std::vector<ledger::mysql::worker_state> workers = {};
    std::vector<partition_report> partitions = {};  // empty: MySQL did not answer
    std::optional<redis_memory> memory = {};
    std::optional<std::uint64_t> dead_letters = {};
    std::optional<index_report> index = {};  // empty: no search index is configured
};

// Problems that need an operator; empty: none.
std::vector<std::string> problems_of(const cluster_report& r);

std::string to_tables(const cluster_report& r);
// One object, described in docs/operations.md.
std::string to_json(const cluster_report& r);

// Returns the process's exit status: 1 if there are problems. `arguments`: {"json"} for JSON. Throws usage_error.
int status(const settings& s, const std::vector<std::string>& arguments);

}  // namespace confab::app
