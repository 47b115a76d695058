// Recovery after a crash: the journal has batches that the database does not. A start first checks that the files of
// the folder belong together, before it writes anything. Then it replays the batches.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "drivers/sqlite/sqlite.hpp"
#include "journal/journal.hpp"

namespace confab::ledger::sqlite {

struct unapplied_batches {
    std::vector<journal::record> batches;           // in order, from the first the database lacks
    std::optional<std::string> mismatch;            // why the journal does not fit the database; in one line
    std::optional<journal::number_range> given_up;  // the batches lost if the mismatch is overridden
    std::optional<std::string> wal_mismatch;        // why the database file does not fit its WAL; never overridden
};

// Whether a database file exists that is not empty. SQLite deletes the WAL of an empty one when it opens it.
bool has_database(const std::filesystem::path& folder);

// Call it before SQLite opens the database, also for reading only. Throws startup_error: the database file is missing
// or empty, but its WAL exists. No crash leaves this state, since the tables are created before the first WAL.
void require_no_orphaned_wal(const std::filesystem::path& folder);

// Reads the journal beside `db`, the ledger's database in this folder. Null: there is no database. Changes nothing.
// Throws startup_error, sqlite::failure. REQUIRES: require_ours() accepted the database.
unapplied_batches read_unapplied(const std::filesystem::path& folder, confab::sqlite::connection* db);

// Writes the batches into the database, in one transaction. Throws startup_error (a batch cannot be decoded),
// sqlite::failure.
void replay(confab::sqlite::connection& db, const std::vector<journal::record>& batches);

}  // namespace confab::ledger::sqlite
