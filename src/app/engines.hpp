// The engines of a cluster, as the options name them.
#pragma once

#include <optional>
#include <string>

#include "app/options.hpp"
#include "drivers/redis/client.hpp"
#include "ledger/mysql/mysql_ledger.hpp"
#include "search/elastic/elastic_index.hpp"

namespace confab::app {

// Whether the options name any engine.
bool is_cluster(const settings& s);
// Whether a cluster keeps a search index; without one, searches scan.
bool has_search_index(const settings& s);

// How each is reached, with its password. Throw usage_error, startup_error: its URL or password file is wrong.
ledger::mysql::mysql_options mysql_options_of(const settings& s, asio::any_io_executor read_pool);
redis::client_options redis_options_of(const settings& s);
// `cluster`: the identity of the ledger that is indexed; empty: not known, and so is the index.
search::elastic_index_options index_options_of(const settings& s, const std::string& cluster);

// All engines of a cluster. Their URLs and password files are read when this is made and not again, so that everything
// a process opens logs in alike.
struct engines {
    ledger::mysql::mysql_options mysql;  // without a read pool
    redis::client_options redis;
    std::optional<search::elastic_index_options> index;  // of a cluster that is not known yet; nothing: none was named

    ledger::mysql::mysql_options mysql_on(asio::any_io_executor read_pool) const;
    // REQUIRES: an index was named.
    search::elastic_index_options index_of(const std::string& cluster) const;
};

// Throws usage_error when one of those a cluster needs is not named; also as above. Reaches none of them.
engines engines_of(const settings& s);

// Logs a warning, and what it means, where a search index was named whose engine does not answer at this moment.
void warn_of_unreachable_index(const engines& named);

}  // namespace confab::app
