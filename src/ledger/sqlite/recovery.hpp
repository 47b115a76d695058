// Recovery after a crash: the journal has batches that the database does not. Each record of the journal is a batch. A
// start first checks that the files of the folder belong together, before it writes anything. Then it replays the
// batches.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "drivers/sqlite/sqlite.hpp"
#include "journal/journal.hpp"

namespace confab::ledger::sqlite {

struct unapplied_batches {
    std::vector<journal::record> batches;  // in order, from the first the database lacks
    // Why the journal does not fit the database, in one line. An operator can override it (--journal-gap=ignore).
    std::optional<std::string> mismatch;
    // The batches that are lost then. Nothing, despite a mismatch: unknown, the journal is not of this database.
    std::optional<journal::number_range> given_up;
    std::optional<std::string> wal_mismatch;  // why the database file does not fit its WAL; cannot be overridden
};

// Whether a database file exists that is not empty. SQLite deletes the WAL of an empty one when it opens it.
bool has_database(const std::filesystem::path& folder);

// Call it before SQLite opens the database, also for reading only. Throws startup_error: the database file is missing
// or empty, but its WAL exists. No crash leaves this state, since the tables are created before the first WAL.
void require_no_orphaned_wal(const std::filesystem::path& folder);

// Reads the journal, or that of version 0.1.0, beside `db`, the ledger's database in this folder. A null `db`: there is
// no database, so a journal is a mismatch. Changes nothing. Throws startup_error, sqlite::failure. REQUIRES:
// require_ours() (schema.hpp) accepted the database.
unapplied_batches read_unapplied(const std::filesystem::path& folder, confab::sqlite::connection* db);

// Writes the batches into the database, in one transaction. The caller syncs the database. Throws startup_error (a
// batch cannot be decoded; nothing was written), sqlite::failure.
void replay(confab::sqlite::connection& db, const std::vector<journal::record>& batches);

}  // namespace confab::ledger::sqlite
