// The tables, and how an older ledger becomes a newer one: a list of migrations, each run once, all in one transaction.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "drivers/sqlite/sqlite.hpp"

namespace confab::ledger::sqlite {

// The version a migrated ledger has.
int newest_schema();

// Brings the database to the newest schema; an empty one gets all of it.
// Throws startup_error as require_ours does.
void migrate(confab::sqlite::connection& db);

// Throws startup_error when the schema is newer than this program, or the file is another program's. Changes
// nothing. Returns the schema's version; 0: the database is empty.
int require_ours(confab::sqlite::connection& db);

// Throws startup_error unless the schema is the newest; for those that may not change anything.
void require_newest(confab::sqlite::connection& db);

// A random text that tells this ledger from every other, given once. Empty: none was given yet.
void ensure_identity(confab::sqlite::connection& db);
std::string identity_of(confab::sqlite::connection& db);

// The last batch of the journal that the database has. Nothing: it is not recorded.
std::optional<std::uint64_t> recorded_batch(confab::sqlite::connection& db);
// As above; 0: it is not recorded.
std::uint64_t applied_batch(confab::sqlite::connection& db);
// Up to this batch the database file has everything without its WAL; or further. 0: nothing is known.
std::uint64_t checkpointed_batch(confab::sqlite::connection& db);

// Why the last batch was committed without the journal; nothing: it was not.
std::optional<std::string> journal_off_reason(confab::sqlite::connection& db);

// The latest time that was written (commit_stamp.hpp). 0: it is not recorded.
timestamp latest_time_in(confab::sqlite::connection& db);

// What to tell when SQLite cannot open or read this file.
startup_error cannot_open(const std::filesystem::path& file, const confab::sqlite::failure& cause);

}  // namespace confab::ledger::sqlite
