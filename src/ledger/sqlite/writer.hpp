// The writing side of the SQLite ledger.
#pragma once

#include <memory>

#include "drivers/sqlite/sqlite.hpp"
#include "ledger/ledger.hpp"
#include "ledger/sqlite/hot_rows.hpp"
#include "ledger/sqlite/snapshots.hpp"

namespace confab::ledger {

// `db`: a connection to the file `database`. REQUIRES: it is migrated; this is the only writer. `hot` and `kept`
// outlive it.
std::unique_ptr<writer> make_sqlite_writer(sqlite::connection db, const std::string& database, hot_rows& hot,
                                           snapshots& kept);

}  // namespace confab::ledger
