// Whether a server is one to write to. At the start all that its variables say about it is looked at; while the program
// runs, only what an operator or a failover changes: read_only, which super_read_only and a secondary of a replication
// group set, too.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/engine_state.hpp"
#include "drivers/mysql/pool.hpp"

namespace confab::ledger::mysql {

// Whether the server is read-only at this moment, as a column of a select.
constexpr std::string_view is_read_only_sql = "cast(@@global.read_only as char) not in ('0', 'OFF')";

// By their names; a server has some of them only.
using server_variables = std::map<std::string, std::string, std::less<>>;

// Why nothing is to be written to a server with these variables, and what to do; nothing: it is fit.
std::optional<std::string> role_refusal(const server_variables& variables);

// Throws startup_error with that reason, mysql::failure.
awaitable<void> require_primary(confab::mysql::connection& db);

// Logs a warning where the server replicates from another one. It takes writes, since it is not read-only, but its
// source never has them. No reason to refuse it: each primary of a circular set-up does so. Nothing where the user may
// not ask. `name`: of the server.
awaitable<void> warn_of_replication(confab::mysql::connection& db, std::string_view name);

// Throws mysql::failure: the server is read-only. It refuses writes by itself, but not those of every user.
awaitable<void> require_writable(confab::mysql::connection& db);
// The same, for who has asked already.
void require_writable(bool is_read_only);

// Looks each second whether the server is read-only, for as long as the loop runs, and reports it to `state`. A server
// that does not answer changes nothing there. REQUIRES: one thread runs the loop; it ends before the others are gone.
void watch_role(const asio::any_io_executor& loop, confab::mysql::pool& pool, engine_state& state);

}  // namespace confab::ledger::mysql
