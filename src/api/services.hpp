// The services that the API uses. The API does not know in which mode it runs.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "api/feed.hpp"
#include "api/page_cache.hpp"
#include "api/response_buffer_quota.hpp"
#include "base/engine_state.hpp"
#include "ledger/matcher.hpp"
#include "ledger/reader.hpp"
#include "queue/queue.hpp"
#include "search/search.hpp"

namespace confab::api {

struct services {
    ledger::reader& ledger;
    ledger::matcher& matcher;
    queue::sender& queue;
    search::port& search;
    const api::feed& feed;
    std::size_t json_depth_max;
    std::chrono::milliseconds search_time_max;
    page_cache& pages;
    response_buffer_quota& buffer_quota;
    asio::any_io_executor thread_pool;              // for work that would block an event loop
    std::string base_path = {};                     // prefix of the paths in Location and Link
    std::vector<const engine_state*> engines = {};  // that writes need; none in a standalone server
};

}  // namespace confab::api
