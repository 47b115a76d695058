// The tables and their migrations. Each migration runs once. MySQL commits every change of a table by itself. So a
// migration consists of statements that can be run again after an interruption. It is done once all its statements are.
#pragma once

#include <optional>
#include <string>

#include "core/generation.hpp"
#include "drivers/mysql/connection.hpp"
#include "ledger/mysql/mysql_ledger.hpp"

namespace confab::ledger::mysql {

// The version of a migrated ledger.
int newest_mysql_schema();

inline constexpr std::uint64_t partitions_default = 64;

// Migrates the database to the newest schema. An empty one gets all tables, its number of partitions, its
// identity and its generation.
// Throws startup_error (as migrate_mysql), mysql::failure. REQUIRES: not in a transaction.
awaitable<void> migrate(confab::mysql::connection& db, const migration& wanted);

// Returns the number of partitions. Throws startup_error unless the schema is the newest, mysql::failure.
awaitable<std::uint64_t> require_newest(confab::mysql::connection& db);

// The cluster's identity, 16 lower-case hexadecimal digits. Throws startup_error: there is none; mysql::failure.
awaitable<std::string> identity_of(confab::mysql::connection& db);

// Throws startup_error: there is none, or it is not valid; mysql::failure.
awaitable<core::generation> generation_of(confab::mysql::connection& db);
// Draws another one. Throws mysql::failure.
awaitable<void> draw_generation(confab::mysql::connection& db);

}  // namespace confab::ledger::mysql
