// `confab reindex`: empties the search index and takes everything in again.
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

// Errors: unavailable. REQUIRES: the follower stores to this writer, and does not run.
awaitable<result<reindex_report>> reindex(write::index_follower& follower, search::index_writer& into);

}  // namespace confab::ops
