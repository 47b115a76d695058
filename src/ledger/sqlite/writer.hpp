// The writing side of the SQLite ledger.
#pragma once

#include <memory>

#include "drivers/sqlite/sqlite.hpp"
#include "ledger/ledger.hpp"

namespace confab::ledger {

// REQUIRES: a migrated database; the only writer.
std::unique_ptr<writer> make_sqlite_writer(sqlite::connection db);

}  // namespace confab::ledger
