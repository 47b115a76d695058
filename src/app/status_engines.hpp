// Asks each engine of a cluster how it is. None of these throws for an engine that is down: that is a fault in the
// report.
#pragma once

#include "app/engines.hpp"
#include "app/status.hpp"

namespace confab::app {

void ask_mysql(const ledger::mysql::mysql_options& options, cluster_report& r);
// REQUIRES: ask_mysql() went before.
void ask_redis(const redis::client_options& options, cluster_report& r);
// Elasticsearch, and then MySQL for how far its index has come. REQUIRES: as above; an index was named.
void ask_for_index(const engines& named, cluster_report& r);

}  // namespace confab::app
