// The engines of a cluster, from the options.
#pragma once

#include <optional>
#include <string>

#include "app/options.hpp"
#include "drivers/redis/client.hpp"
#include "ledger/mysql/mysql_ledger.hpp"
#include "search/elastic/elastic_index.hpp"

namespace confab::app {

// Whether any engine is configured.
bool is_cluster(const settings& s);
// Whether the cluster has a search index. Without one, searches scan.
bool has_search_index(const settings& s);

// The options of each engine, with its password. Throw usage_error, startup_error: the URL or the password file is
// invalid.
ledger::mysql::mysql_options mysql_options_of(const settings& s, asio::any_io_executor read_pool);
redis::client_options redis_options_of(const settings& s);
// `cluster`: the identity of the indexed ledger; empty: unknown, and then the index is unknown, too.
search::elastic_index_options index_options_of(const settings& s, const std::string& cluster);

// All engines of a cluster. Their URLs and password files are read only once, so all connections of a process use the
// same passwords.
struct engines {
    ledger::mysql::mysql_options mysql;  // without a read pool
    redis::client_options redis;
    std::optional<search::elastic_index_options> index;  // its cluster is not known yet; nothing: no index

    ledger::mysql::mysql_options mysql_on(asio::any_io_executor read_pool) const;
    // REQUIRES: an index is configured.
    search::elastic_index_options index_of(const std::string& cluster) const;
};

// Throws usage_error: a required engine is not configured. Also throws as above. Connects to none of them.
engines engines_of(const settings& s);

// Logs a warning with the consequences if a search index is configured and its engine does not answer now. Waits on the
// caller's thread for one response, until the timeouts of the engine's client. An engine that does not answer is no
// error: it throws nothing.
void warn_of_unreachable_index(const engines& named);

}  // namespace confab::app
