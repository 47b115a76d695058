// The progress of search indexes, in a table of the MySQL ledger.
#pragma once

#include <memory>

#include "ledger/index_progress.hpp"
#include "ledger/mysql/mysql_ledger.hpp"

namespace confab::ledger::mysql {

// Connects on first use. REQUIRES: all calls are awaited on an event loop run by one thread.
std::unique_ptr<index_progress> make_mysql_index_progress(const mysql_options& options);

}  // namespace confab::ledger::mysql
