// The real Elasticsearch that CONFAB_TEST_ELASTICSEARCH names, and the progress of its indexes in a real MySQL.
#pragma once

#include <fmt/core.h>

#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "ledger/mysql/index_progress.hpp"
#include "search/elastic/elastic_index.hpp"
#include "search/elastic/index_definition.hpp"
#include "support/mysql.hpp"

namespace confab::testing {

inline elastic::client_options elastic_server() {
    const auto* const url = std::getenv("CONFAB_TEST_ELASTICSEARCH");
    if (!url) throw std::runtime_error("CONFAB_TEST_ELASTICSEARCH names no server");
    elastic::client_options o{.where = engine_url::parse(url, "http", 9200)};
    o.response_timeout = std::chrono::seconds(30);
    return o;
}

// A new empty index.
inline search::elastic_index_options new_elastic_index() {
    static int count = 0;
    auto cluster = fmt::format("{:08x}{:08x}", getpid(), ++count);
    auto alias = search::search_alias_of(cluster);
    search::elastic_index_options o{
        .engine = elastic_server(), .cluster = std::move(cluster), .alias = std::move(alias)};
    search::migrate_elastic(o);
    return o;
}

inline ledger::mysql::mysql_options mysql_with_schema() {
    auto server = mysql_server();
    ledger::mysql::migrate_mysql(server, {});
    return server;
}

}  // namespace confab::testing
