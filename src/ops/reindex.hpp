// `confab reindex`: takes everything into the search index again.
#pragma once

#include <cstdint>

#include "base/async.hpp"
#include "base/error.hpp"
#include "search/elastic/elastic_index.hpp"
#include "search/indexed/index.hpp"
#include "write/index_follower.hpp"

namespace confab::ops {

struct reindex_report {
    std::uint64_t chats = 0;
    std::uint64_t messages = 0;
};

// Of a server alone: empties the index first. Errors: unavailable. REQUIRES: the follower stores to this writer, and
// does not run.
awaitable<result<reindex_report>> reindex(write::index_follower& follower, search::index_writer& into);

// Of a cluster, while it serves: fills a new index beside the one that is searched, which the workers go on writing to,
// then lets it take over. Errors: unavailable. REQUIRES: awaited on an event loop run by one thread.
awaitable<result<reindex_report>> reindex_beside(ledger::reader& ledger, const search::elastic_index_options& index,
                                                 ledger::index_progress& progress, write::follower_options options);

}  // namespace confab::ops
