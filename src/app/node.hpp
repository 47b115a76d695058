// `confab serve` as an API node of a cluster: the same API, with its parts on Redis, MySQL and Elasticsearch.
#pragma once

#include "app/options.hpp"

namespace confab::app {

// The process's exit status. Throws startup_error and usage_error.
int serve_node(const settings& s);

}  // namespace confab::app
