// The server, MariaDB or MySQL, that CONFAB_TEST_MYSQL names.
#pragma once

#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>

#include "ledger/mysql/mysql_ledger.hpp"
#include "ledger/mysql/server.hpp"

namespace confab::testing {

inline ledger::mysql::mysql_options mysql_server(asio::any_io_executor read_pool = {}) {
    const auto* const url = std::getenv("CONFAB_TEST_MYSQL");
    if (!url) throw std::runtime_error("CONFAB_TEST_MYSQL names no server");
    ledger::mysql::mysql_options options;
    options.url = url;
    options.read_pool = std::move(read_pool);
    return options;
}

// Executes the statements in order on a new connection.
inline void execute(const std::vector<std::string>& statements) {
    ledger::mysql::with_server(mysql_server(), [&](mysql::connection& db) -> awaitable<void> {
        for (const auto& sql : statements) co_await db.query(sql);
    });
}

// Returns the first column of the first row.
inline std::string ask(const std::string& sql) {
    std::string answer;
    ledger::mysql::with_server(mysql_server(), [&](mysql::connection& db) -> awaitable<void> {
        const auto found = co_await db.query(sql);
        const auto first = found.front();
        answer = first.text(0);
        if (answer.empty() && !first.is_null(0)) answer = std::to_string(first.integer(0));
    });
    return answer;
}

// Empties the ledger. Deletes rows, because creating a table takes longer than a test.
inline void clear_ledger() {
    ledger::mysql::migrate_mysql(mysql_server(), {});
    std::vector<std::string> statements;
    for (const auto* table : {"apps", "chats", "messages", "changes", "idempotency", "past_epochs", "workers",
                              "dead_letters", "index_progress", "index_notes", "reindex_state"})
        statements.push_back("delete from " + std::string(table));
    statements.emplace_back(
        "update partitions set owner = null, lease_until = '1970-01-01', epoch = '', position_ms = 0, position_seq = "
        "0");
    execute(statements);
}

// Ends every other session of this user. Only a more privileged user could see which of them have open transactions.
inline void kill_other_sessions() {
    ledger::mysql::with_server(mysql_server(), [](mysql::connection& db) -> awaitable<void> {
        const auto others =
            co_await db.query("select id from information_schema.processlist where id <> connection_id()");
        for (const auto& row : others) {
            const auto sql = "kill " + std::to_string(row.number(0));
            try {
                co_await db.query(sql);
            } catch (const mysql::failure&) {
                continue;  // it ended by itself
            }
        }
    });
}

}  // namespace confab::testing
