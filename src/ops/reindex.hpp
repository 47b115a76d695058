// `confab reindex` of a server alone: takes everything into the search index again. Of a cluster: ops/reindex_job.hpp.
#pragma once

#include <cstdint>

#include "base/async.hpp"
#include "base/error.hpp"
#include "search/indexed/index.hpp"
#include "write/index_follower.hpp"

namespace confab::ops {

struct reindex_report {
    std::uint64_t chats = 0;
    std::uint64_t messages = 0;
};

// Empties the index first. Errors: unavailable. REQUIRES: the follower stores to this writer, and
// does not run.
awaitable<result<reindex_report>> reindex(write::index_follower& follower, search::index_writer& into);

// What the index holds. Errors: unavailable.
awaitable<result<reindex_report>> count_indexed(search::index_writer& filled);

}  // namespace confab::ops
