// `confab serve` as an API node of a cluster: the same API, on Redis, MySQL and Elasticsearch.
#pragma once

#include "app/options.hpp"

namespace confab::app {

// Returns the process's exit status. Throws startup_error and usage_error.
int serve_node(const settings& s);

}  // namespace confab::app
