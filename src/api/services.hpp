// What the API needs of the house. It cannot tell which mode it runs in.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "api/answer_memory.hpp"
#include "api/recent_pages.hpp"
#include "base/engine_state.hpp"
#include "ledger/ledger.hpp"
#include "queue/queue.hpp"
#include "search/search.hpp"

namespace confab::api {

struct services {
    ledger::reader& ledger;
    queue::sender& queue;
    search::port& search;
    std::size_t json_depth_max;
    std::chrono::milliseconds search_time_max;
    recent_pages& pages;
    answer_memory& memory;
    asio::any_io_executor long_work;                // threads for what would hold up an event loop
    std::string base_path = {};                     // before the paths of Location and Link
    std::vector<const engine_state*> engines = {};  // that writes need; alone there are none
};

}  // namespace confab::api
