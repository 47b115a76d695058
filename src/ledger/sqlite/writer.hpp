// The writing side of the SQLite ledger.
#pragma once

#include <filesystem>
#include <memory>

#include "drivers/sqlite/sqlite.hpp"
#include "ledger/ledger.hpp"
#include "ledger/sqlite/in_common.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"

namespace confab::ledger {

// `db`: a connection to the file `database`, which has all that the journal beside it holds; the journal is created
// again. `common` outlives it, and what reads with it does not. Throws sqlite::failure, startup_error. REQUIRES: it is
// migrated; this is the only writer; a commit is not synced.
std::unique_ptr<writer> make_sqlite_writer(sqlite::connection db, const std::filesystem::path& database,
                                           const sqlite_sizes& sizes, in_common& common);

}  // namespace confab::ledger
