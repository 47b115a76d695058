// The writing side of the SQLite ledger.
#pragma once

#include <memory>

#include "drivers/sqlite/sqlite.hpp"
#include "ledger/ledger.hpp"
#include "ledger/sqlite/hot_rows.hpp"

namespace confab::ledger {

// REQUIRES: a migrated database; the only writer. `hot` outlives it.
std::unique_ptr<writer> make_sqlite_writer(sqlite::connection db, hot_rows& hot);

}  // namespace confab::ledger
