// What `confab status` shows of Elasticsearch and the searched index.
#pragma once

#include <chrono>
#include <string>

#include "search/elastic/elastic_index.hpp"

namespace confab::search {

struct elastic_state {
    std::string version;
    std::string health;                    // green, yellow or red; of the index, or of all if it is unknown;
                                           // empty: unknown
    std::chrono::microseconds latency{0};  // of a minimal request
    std::string index;                     // the searched index; empty: none
    ledger::index_id id{};                 // of that index
    std::string fault;                     // why searches scan instead; empty: they do not
};

// Queries the engine. If the options name no alias, index and id stay empty.
awaitable<elastic_state> state_of(const elastic_index_options& options);

}  // namespace confab::search
