// The reading side of the MySQL ledger.
#pragma once

#include <memory>

#include "drivers/mysql/pool.hpp"
#include "ledger/readers.hpp"

namespace confab::ledger::mysql {

// `generation`: as read before. `read_pool` compares texts with queries, off the event loops. REQUIRES: the pool
// outlives the reader; each call is awaited on an event loop that one thread runs. Several such loops may use the
// reader.
std::unique_ptr<readers> make_mysql_reader(confab::mysql::pool& pool, asio::any_io_executor read_pool,
                                           const core::generation& generation);

}  // namespace confab::ledger::mysql
