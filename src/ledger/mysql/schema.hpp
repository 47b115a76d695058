// The tables, and how an older ledger becomes a newer one: a list of migrations, each run once. MySQL commits every
// change of a table by itself, so a migration consists of statements that can be begun anew where it was broken off,
// and counts as done once all of them are.
#pragma once

#include <optional>
#include <string>

#include "drivers/mysql/connection.hpp"
#include "ledger/mysql/mysql_ledger.hpp"

namespace confab::ledger::mysql {

// The version a migrated ledger has.
int newest_mysql_schema();

inline constexpr std::uint64_t partitions_default = 64;
inline constexpr std::uint64_t partitions_max = 4096;

// Brings the database to the newest schema; an empty one gets all of it, its number of partitions and its identity.
// Throws startup_error (as migrate_mysql), mysql::failure. REQUIRES: not in a transaction.
awaitable<void> migrate(confab::mysql::connection& db, const migration& wanted);

// Throws startup_error unless the schema is the newest, mysql::failure. The number of partitions.
awaitable<std::uint64_t> require_newest(confab::mysql::connection& db);

// The cluster's identity, 16 lower-case hexadecimal digits. Throws startup_error: there is none; mysql::failure.
awaitable<std::string> identity_of(confab::mysql::connection& db);

// Why a crash of the server would lose what it committed; nothing: it would not. Throws mysql::failure.
awaitable<std::optional<std::string>> durability_refusal(confab::mysql::connection& db);

// Throws startup_error, with the reason, for a server that is too old, may lose what it committed, is read-only or
// belongs to a replication group.
awaitable<void> require_safe(confab::mysql::connection& db);

}  // namespace confab::ledger::mysql
