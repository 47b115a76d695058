// Creating, replacing and removing indexes.
#pragma once

#include <string>
#include <vector>

#include "search/elastic/elastic_index.hpp"
#include "search/elastic/index_locator.hpp"

namespace confab::search {

// All errors: unavailable, logged.

// Creates an empty index of this name, with its own write alias and `aliases`. Does nothing if it exists.
awaitable<result<void>> make_index(elastic::client& engine, const elastic_index_options& options,
                                   const std::string& name, std::vector<std::string> aliases = {});

// Moves the alias to this index alone, in one step. Returns the indexes that it named before.
awaitable<result<std::vector<std::string>>> move_alias(elastic::client& engine, const std::string& alias,
                                                       const std::string& to);

// Removes an index that no search alias names, and its progress. Keeps an index that is searched or belongs to another
// ledger. Returns whether the index is gone.
awaitable<result<bool>> remove_unsearched(elastic::client& engine, const elastic_index_options& options,
                                          const std::string& name, ledger::index_progress& progress);

// All indexes whose names may be this ledger's. Only index_description::ledger decides.
awaitable<result<std::vector<index_description>>> indexes_named_alike(elastic::client& engine,
                                                                      const elastic_index_options& options);
// Those of this ledger that no alias names. Empty if the ledger has no identity.
std::vector<index_description> unsearched_of(const std::vector<index_description>& all,
                                             const elastic_index_options& options);

// Those of them that no reindex builds or may resume. `unsearched` was listed before this reads the leases. So it does
// not contain the index of a reindex that began in between.
awaitable<result<std::vector<index_description>>> without_leased(std::vector<index_description> unsearched,
                                                                 ledger::index_progress& progress);

}  // namespace confab::search
