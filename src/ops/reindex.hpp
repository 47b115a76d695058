// `confab reindex` of a standalone server: rebuilds the search index. ops/reindex_job.hpp does it in a cluster.
#pragma once

#include <cstdint>

#include "base/async.hpp"
#include "base/error.hpp"
#include "search/indexed/index.hpp"
#include "search/indexed/index_follower.hpp"

namespace confab::ops {

struct reindex_report {
    std::uint64_t chats = 0;
    std::uint64_t messages = 0;
};

// Clears the index, then indexes all chats that are long enough (follower_options). After an error the index is
// incomplete, and the next follower completes it. Errors: unavailable, shutting_down (follower.stop() was called).
// REQUIRES: the follower stores to this writer, and follower.run() was not called.
awaitable<result<reindex_report>> reindex(search::index_follower& follower, search::index_writer& into);

// Counts the indexed chats and messages. Errors: unavailable.
awaitable<result<reindex_report>> count_indexed(search::index_writer& filled);

}  // namespace confab::ops
