// What `confab status` shows of Elasticsearch and of the index that is searched.
#pragma once

#include <chrono>
#include <string>

#include "search/elastic/elastic_index.hpp"

namespace confab::search {

struct elastic_state {
    std::string version;
    std::string health;                    // of the index, or of all of them where it is not known: green, yellow or
                                           // red; empty: not known
    std::chrono::microseconds latency{0};  // of a request that looks at nothing
    std::string index;                     // the one that is searched; empty: none can be
    ledger::index_id id{};                 // of it
    std::string fault;                     // why searches scan instead; empty: they do not
};

// Asks the engine. Where the options name no alias, what is its own is left out.
awaitable<elastic_state> state_of(const elastic_index_options& options);

}  // namespace confab::search
