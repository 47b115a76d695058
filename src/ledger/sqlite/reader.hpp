// The reading side of the SQLite ledger.
#pragma once

#include <memory>

#include "ledger/ledger.hpp"

namespace confab::ledger {

std::unique_ptr<reader> make_sqlite_reader(const std::string& database, asio::any_io_executor read_pool);

}  // namespace confab::ledger
