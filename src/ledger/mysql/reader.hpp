// The reading side of the MySQL ledger.
#pragma once

#include <memory>

#include "drivers/mysql/pool.hpp"
#include "ledger/ledger.hpp"

namespace confab::ledger::mysql {

// REQUIRES: the pool outlives the reader; calls are awaited on an event loop run by one thread.
std::unique_ptr<reader> make_mysql_reader(confab::mysql::pool& pool, asio::any_io_executor read_pool);

}  // namespace confab::ledger::mysql
