// How the ledger's parts reach their server, and what they tell of its failures.
#pragma once

#include "drivers/mysql/pool.hpp"
#include "ledger/mysql/mysql_ledger.hpp"

namespace confab::ledger::mysql {

// For reading and for single statements.
confab::mysql::connection_options connection_options_of(const mysql_options& options);
confab::mysql::pool_options pool_options_of(const mysql_options& options);

// Tells the log, but not more than once a second however many callers meet the same failure.
void report_failure(std::string_view doing, const confab::mysql::failure& cause);

// What report_failure() was called with within the last 2 s, as it was logged; empty: it was not. Any thread.
std::string last_failure();

// Opens a connection, has `work` done on it and waits for its end, on the caller's thread. Throws startup_error for
// whatever goes wrong, with the server's address.
void with_server(const mysql_options& options, std::function<awaitable<void>(confab::mysql::connection&)> work);
// The same for work that other engines take part in: a startup_error that it throws is passed on as it is.
void with_connection(const mysql_options& options, std::function<awaitable<void>(confab::mysql::connection&)> work);

}  // namespace confab::ledger::mysql
