// Whether a server accepts writes. A start checks all variables of its role. A running program checks only read_only,
// which an operator or a failover changes. super_read_only and a secondary of a replication group set it, too.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/engine_state.hpp"
#include "drivers/mysql/pool.hpp"

namespace confab::ledger::mysql {

// Whether the server is read-only now, as a column of a select.
constexpr std::string_view is_read_only_sql = "cast(@@global.read_only as char) not in ('0', 'OFF')";

// By name. A server has only some of them.
using server_variables = std::map<std::string, std::string, std::less<>>;

// Why a server with these variables cannot be used for writes, and what to do. Nothing: it can be used.
std::optional<std::string> role_refusal(const server_variables& variables);

// Throws startup_error with that reason, mysql::failure.
awaitable<void> require_primary(confab::mysql::connection& db);

// Logs a warning if the server replicates from another one. It accepts writes, since it is not read-only, but its
// source never gets them. That is no reason to refuse it: each primary of a circular replication does so. Logs nothing
// if the user lacks the right to query it. `name`: of the server.
awaitable<void> warn_of_replication(confab::mysql::connection& db, std::string_view name);

// Throws mysql::failure: the server is read-only. The server itself refuses writes of most users, but not of all.
awaitable<void> require_writable(confab::mysql::connection& db);
// The same, when the variable has already been read.
void require_writable(bool is_read_only);

// Checks each second whether the server is read-only, as long as the loop runs, and reports it to `state`. If the
// server does not answer, `state` stays as it is. REQUIRES: one thread runs the loop; the loop ends before `pool` and
// `state`.
void watch_role(const asio::any_io_executor& loop, confab::mysql::pool& pool, engine_state& state);

}  // namespace confab::ledger::mysql
