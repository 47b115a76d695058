#include "ledger/mysql/role.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/spawn.hpp"

namespace confab::ledger::mysql {
namespace {

constexpr std::chrono::seconds look_every{1};
constexpr int read_only_code = 1290;  // the server's own code for a refused write

constexpr std::string_view read_only_variables[] = {"read_only", "super_read_only", "innodb_read_only",
                                                    "transaction_read_only", "tx_read_only"};

constexpr std::string_view variables_sql =
    "show variables where variable_name in ('read_only', 'super_read_only', 'innodb_read_only', "
    "'transaction_read_only', 'tx_read_only', 'group_replication_group_name')";

// MySQL and MariaDB name these columns differently, and have them in the same places.
constexpr std::string_view replication_sql = "show replica status";
constexpr std::size_t source_host = 1, source_port = 3, receiver_state = 10, applier_state = 11;

bool is_on(std::string_view value) {
    constexpr std::string_view off[] = {"", "0", "OFF"};
    return std::ranges::find(off, value) == std::end(off);
}

std::string_view value_of(const server_variables& variables, std::string_view name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string_view() : found->second;
}

awaitable<void> watch(confab::mysql::pool& pool, engine_state& state) {
    asio::steady_timer pause(co_await asio::this_coro::executor);
    for (;;) {
        try {
            const auto db = co_await pool.take();
            const auto found = co_await db->query(fmt::format("select {}", is_read_only_sql));
            if (found.front().integer(0) != 0)
                state.set_fault("MySQL is read-only");
            else
                state.clear();
        } catch (const confab::mysql::failure&) {
            // Ignored: readers and writers meet the failure too, and log it.
        }
        pause.expires_after(look_every);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

}  // namespace

std::optional<std::string> role_refusal(const server_variables& variables) {
    for (const auto name : read_only_variables) {
        const auto value = value_of(variables, name);
        if (is_on(value))
            return fmt::format(
                "it is read-only ({} = {}), like a replica: use the server that accepts writes, or set {} = OFF to use "
                "this one",
                name, value, name);
    }
    if (const auto group = value_of(variables, "group_replication_group_name"); !group.empty())
        return fmt::format(
            "it belongs to a replication group (group_replication_group_name = {}), which is not supported: use a "
            "server without group replication, or MariaDB Galera Cluster",
            group);
    return std::nullopt;
}

awaitable<void> require_primary(confab::mysql::connection& db) {
    const auto rows = co_await db.query(variables_sql);
    server_variables variables;
    for (const auto row : rows) variables.emplace(row.text(0), row.text(1));
    if (const auto refusal = role_refusal(variables)) throw startup_error(*refusal);
}

awaitable<void> warn_of_replication(confab::mysql::connection& db, std::string_view name) {
    try {
        const auto found = co_await db.query(replication_sql);
        for (const auto row : found) {
            const bool is_running = row.text(receiver_state) != "No" || row.text(applier_state) != "No";
            if (is_running)
                log::warning(fmt::format(
                    "MySQL at {}: it replicates from {}:{} and is not read-only. If it is a replica, name its primary "
                    "instead, and set read_only = ON here. If both are primaries, let only one of them be written to",
                    name, row.text(source_host), row.integer(source_port)));
        }
    } catch (const confab::mysql::failure&) {
        co_return;
    }
}

awaitable<void> require_writable(confab::mysql::connection& db) {
    const auto found = co_await db.query(fmt::format("select {}", is_read_only_sql));
    require_writable(found.front().integer(0) != 0);
}

void require_writable(bool is_read_only) {
    if (is_read_only)
        throw confab::mysql::failure(confab::mysql::failure::kind::down, read_only_code, "the server is read-only");
}

void watch_role(const asio::any_io_executor& loop, confab::mysql::pool& pool, engine_state& state) {
    spawn(loop, watch(pool, state));
}

}  // namespace confab::ledger::mysql
