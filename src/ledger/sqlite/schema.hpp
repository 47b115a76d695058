// The tables and their migrations. Each migration runs once; all pending ones run in one transaction.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "core/generation.hpp"
#include "drivers/sqlite/sqlite.hpp"

namespace confab::ledger::sqlite {

// The version of a migrated ledger.
int newest_schema();

// Migrates the database to the newest schema. An empty one gets all tables. Throws startup_error as require_ours.
void migrate(confab::sqlite::connection& db);

// Throws startup_error: the schema is newer than this program, or the file belongs to another program. Changes nothing.
// Returns the schema's version; 0: the database is empty.
int require_ours(confab::sqlite::connection& db);

// Throws startup_error unless the schema is the newest. For callers that may not write.
void require_newest(confab::sqlite::connection& db);

// The ledger's identity: a random text, generated once. Empty: not generated yet.
void ensure_identity(confab::sqlite::connection& db);
std::string identity_of(confab::sqlite::connection& db);

// The ledger's generation (core/generation.hpp). generation_of() throws startup_error: it is missing or damaged.
void ensure_generation(confab::sqlite::connection& db);
void renew_generation(confab::sqlite::connection& db);
core::generation generation_of(confab::sqlite::connection& db);

// The last batch of the journal that the database has. Nothing: not recorded.
std::optional<std::uint64_t> recorded_batch(confab::sqlite::connection& db);
// As above. 0: not recorded.
std::uint64_t applied_batch(confab::sqlite::connection& db);
// The database file has at least everything up to this batch without its WAL. 0: unknown.
std::uint64_t checkpointed_batch(confab::sqlite::connection& db);

// Why the last batch was committed without the journal. Nothing: the journal was on.
std::optional<std::string> journal_off_reason(confab::sqlite::connection& db);

// The latest time that was written (commit_metadata.hpp). 0: not recorded.
timestamp latest_time_in(confab::sqlite::connection& db);

// The error for a file that SQLite cannot open or read.
startup_error cannot_open(const std::filesystem::path& file, const confab::sqlite::failure& cause);

}  // namespace confab::ledger::sqlite
