// Commands that run for hours give a busy engine more time for each response.
#pragma once

#include <string>

#include "app/engines.hpp"

namespace confab::app {

// As index_options_of().
search::elastic_index_options admin_index_options_of(const settings& s, const std::string& cluster);
ledger::mysql::mysql_options with_long_timeouts(ledger::mysql::mysql_options o);

}  // namespace confab::app
