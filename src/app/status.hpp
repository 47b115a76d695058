// `confab status`: what an operator asks of a cluster: its engines, its workers, its partitions, its search index.
//
// It answers also when an engine is down: that engine is reported as such, and what only it knows is left out.
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
    std::string role = {};  // primary, …; of Elasticsearch the health of its index
    std::chrono::microseconds latency{0};
    std::string fault = {};  // why it is of no use as it is; empty: none
};

struct partition_report {
    ledger::mysql::partition_state state;
    std::optional<queue::stream_state> waiting;                // nothing: Redis did not say
    std::optional<std::chrono::milliseconds> oldest_age = {};  // nothing: none waits
};

struct index_report {
    std::string name;  // empty: none can be searched, and of what waits for it nothing is known
    std::optional<ledger::mysql::index_notes_state> waiting = {};
    std::optional<ledger::mysql::index_coverage> coverage = {};
};

struct redis_memory {
    std::uint64_t used = 0;
    std::uint64_t most = 0;   // 0: as much as there is
    std::string policy = {};  // its maxmemory-policy; empty: it does not say
};

struct cluster_report {
    std::string cluster = {};  // its identity; empty: MySQL did not say
    std::vector<engine_report> engines;
    std::vector<ledger::mysql::worker_state> workers = {};
    std::vector<partition_report> partitions = {};  // empty: MySQL did not say
    std::optional<redis_memory> memory = {};
    std::optional<std::uint64_t> dead_letters = {};
    std::optional<index_report> index = {};  // nothing: no search index was named
};

// What an operator should see to; empty: nothing.
std::vector<std::string> problems_of(const cluster_report& r);

std::string to_tables(const cluster_report& r);
// One object, described in docs/operations.md.
std::string to_json(const cluster_report& r);

// The process's exit status: 1 when there are problems. `words`: {"json"} for JSON. Throws usage_error.
int status(const settings& s, const std::vector<std::string>& arguments);

}  // namespace confab::app
