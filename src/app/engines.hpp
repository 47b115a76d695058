// The engines of a cluster, as the options name them.
#pragma once

#include <string>

#include "app/options.hpp"
#include "drivers/redis/client.hpp"
#include "ledger/mysql/mysql_ledger.hpp"
#include "search/elastic/elastic_index.hpp"

namespace confab::app {

// Whether the options name any engine.
bool is_cluster(const settings& s);
// Throws usage_error when one of the engines a cluster needs is not named; startup_error: a URL or a password file is
// wrong. Reaches none of them.
void require_engines(const settings& s);
// Whether a cluster keeps a search index; without one, searches scan.
bool has_search_index(const settings& s);

ledger::mysql::mysql_options mysql_options_of(const settings& s, asio::any_io_executor read_pool);
redis::client_options redis_options_of(const settings& s);
// `cluster`: the identity of the ledger that is indexed; empty: not known, and so is the index.
search::elastic_index_options index_options_of(const settings& s, const std::string& cluster);

// Logs a warning, and what it means, where a search index was named whose engine does not answer at this moment.
void warn_of_unreachable_index(const settings& s);

}  // namespace confab::app
