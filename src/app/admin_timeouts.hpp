// Longer timeouts for commands that run for hours: a busy engine gets more time for each response.
#pragma once

#include <string>

#include "app/engines.hpp"

namespace confab::app {

// index_options_of(), with longer timeouts.
search::elastic_index_options admin_index_options_of(const settings& s, const std::string& cluster);
// These options, with a longer timeout of statements.
ledger::mysql::mysql_options with_long_timeouts(ledger::mysql::mysql_options o);

}  // namespace confab::app
