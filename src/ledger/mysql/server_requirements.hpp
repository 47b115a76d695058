// What a MySQL or MariaDB server must be to hold a ledger. On the caller's connection.
#pragma once

#include <optional>
#include <string>

#include "drivers/mysql/connection.hpp"

namespace confab::ledger::mysql {

// Why a crash of the server could lose commits. Nothing: it could not. Throws mysql::failure.
awaitable<std::optional<std::string>> durability_refusal(confab::mysql::connection& db);

// Throws startup_error, with the reason: the server is too old, may lose commits, is read-only or belongs to a
// replication group.
awaitable<void> require_safe(confab::mysql::connection& db);

}  // namespace confab::ledger::mysql
