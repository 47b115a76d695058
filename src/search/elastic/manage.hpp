// Making, replacing and removing indexes.
#pragma once

#include <string>
#include <vector>

#include "search/elastic/elastic_index.hpp"
#include "search/elastic/index_locator.hpp"

namespace confab::search {

// All errors: unavailable, logged.

// Makes an empty index of this name, which only has its own write alias and `aliases`; does nothing if it is there.
awaitable<result<void>> make_index(elastic::client& engine, const elastic_index_options& options,
                                   const std::string& name, std::vector<std::string> aliases = {});

// Lets the alias stand for this index alone, in one step. The indexes it stood for before.
awaitable<result<std::vector<std::string>>> move_alias(elastic::client& engine, const std::string& alias,
                                                       const std::string& to);

// Removes an index that no search alias names, and forgets its progress; leaves it if it is searched or says that it is
// another ledger's. Whether it is gone.
awaitable<result<bool>> remove_unsearched(elastic::client& engine, const elastic_index_options& options,
                                          const std::string& name, ledger::index_progress& progress);

// All indexes that may be this ledger's by their names. Only described::ledger says which are.
awaitable<result<std::vector<described>>> indexes_named_alike(elastic::client& engine,
                                                              const elastic_index_options& options);
// Those of this ledger that no alias names; none where the ledger has no identity.
std::vector<described> unsearched_of(const std::vector<described>& all, const elastic_index_options& options);

// Those of them that no reindex builds or may resume. `unsearched` is from before the leases were read, so that a
// reindex that began in between does not have its index among them.
awaitable<result<std::vector<described>>> without_leased(std::vector<described> unsearched,
                                                         ledger::index_progress& progress);

}  // namespace confab::search
