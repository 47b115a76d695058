// What a crash left: batches that the journal has and the database does not. Before a start writes anything, the files
// of the folder have to belong together; then the batches are replayed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "drivers/sqlite/sqlite.hpp"
#include "journal/journal.hpp"

namespace confab::ledger::sqlite {

struct unapplied_batches {
    std::vector<journal::record> batches;           // in order, from the first that the database lacks
    std::optional<std::string> mismatch;            // why the journal does not fit the database; in one line
    std::optional<journal::number_range> given_up;  // if the mismatch is overridden
    std::optional<std::string> wal_mismatch;        // why the database file does not fit its WAL; never overridden
};

// Whether there is a database file that is not empty. SQLite deletes the WAL of an empty one when it opens it.
bool has_database(const std::filesystem::path& folder);

// To be called before SQLite opens the database, also for reading alone. Throws startup_error: its file is missing or
// empty, and its WAL is there. No crash leaves that, since the database has its tables before it has a WAL.
void require_no_orphaned_wal(const std::filesystem::path& folder);

// Reads the journal beside `db`, the ledger's database in this folder; null: there is none. Changes nothing. Throws
// startup_error, sqlite::failure. REQUIRES: the database is ours.
unapplied_batches read_unapplied(const std::filesystem::path& folder, confab::sqlite::connection* db);

// Writes the batches into the database, in one transaction. Throws startup_error (a batch cannot be decoded),
// sqlite::failure.
void replay(confab::sqlite::connection& db, const std::vector<journal::record>& batches);

}  // namespace confab::ledger::sqlite
