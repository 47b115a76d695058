// Asks each engine of a cluster how it is. None of these throws for an engine that is down: that is a fault in the
// report.
#pragma once

#include "app/status.hpp"

namespace confab::app {

void ask_mysql(const settings& s, cluster_report& r);
// REQUIRES: ask_mysql() went before.
void ask_redis(const settings& s, cluster_report& r);
// Elasticsearch, if that is named, and then MySQL for how far its index has come. REQUIRES: as above.
void ask_for_index(const settings& s, cluster_report& r);

}  // namespace confab::app
