// Queries the state of each engine of a cluster. None of these throws if an engine is down: the report has its fault.
#pragma once

#include "app/engines.hpp"
#include "app/status.hpp"

namespace confab::app {

void ask_mysql(const ledger::mysql::mysql_options& options, cluster_report& r);
// REQUIRES: ask_mysql() was called.
void ask_redis(const redis::client_options& options, cluster_report& r);
// Queries Elasticsearch, and then MySQL for the progress of the index. REQUIRES: as above; an index is configured.
void ask_for_index(const engines& named, cluster_report& r);

}  // namespace confab::app
