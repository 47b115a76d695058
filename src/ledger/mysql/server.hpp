// Connections of the ledger to its server, and reports of failures.
#pragma once

#include "base/error.hpp"
#include "drivers/mysql/pool.hpp"
#include "ledger/mysql/mysql_ledger.hpp"

namespace confab::ledger::mysql {

// For reads and single statements.
confab::mysql::connection_options connection_options_of(const mysql_options& options);
confab::mysql::pool_options pool_options_of(const mysql_options& options);

// Logs a failure. The same failure is logged once a second at most, however many callers meet it.
void report_failure(std::string_view doing, const confab::mysql::failure& cause);

// The last reported failure as a log line, if it is at most 2 s old. Empty: there is none. Any thread.
std::string last_failure();

// Its text names another engine than MySQL.
class other_engine_error : public startup_error {
    using startup_error::startup_error;
};

// Opens a connection, runs `work` on it and waits for its end, on the caller's thread. Any failure becomes a
// startup_error with the server's address, except other_engine_error.
void with_server(const mysql_options& options, const std::function<awaitable<void>(confab::mysql::connection&)>& work);
// The same for work that also uses other engines. A startup_error that it throws is passed on unchanged.
void with_connection(const mysql_options& options,
                     const std::function<awaitable<void>(confab::mysql::connection&)>& work);

}  // namespace confab::ledger::mysql
