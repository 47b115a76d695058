// Making, replacing and removing indexes.
#pragma once

#include "search/elastic/elastic_index.hpp"

namespace confab::search {

// All errors: unavailable, logged.

// A new, empty index that only bears its own write alias. Its name.
awaitable<result<std::string>> make_index(elastic::client& engine, const elastic_index_options& options);

// Lets the alias stand for this index alone, in one step.
awaitable<result<void>> move_alias(elastic::client& engine, const std::string& alias, const std::string& to);

// Removes the indexes of this ledger that no search alias stands for, and forgets their progress.
awaitable<result<void>> remove_unused(elastic::client& engine, const elastic_index_options& options,
                                      ledger::index_progress& progress);

}  // namespace confab::search
