#include "ledger/mysql/server.hpp"

#include <fmt/core.h>

#include "base/block_on.hpp"
#include "base/log_throttle.hpp"
#include "base/recent_failure.hpp"

namespace confab::ledger::mysql {

confab::mysql::connection_options connection_options_of(const mysql_options& options) {
    auto server = confab::mysql::address::parse(options.url);
    if (!options.password.empty()) server.password = options.password;
    return {.server = std::move(server),
            .connect_timeout = options.connect_timeout,
            .query_timeout = options.query_timeout,
            .init_command = "set session sql_mode = 'strict_all_tables,no_engine_substitution'",
            .causal_reads = true};
}

confab::mysql::pool_options pool_options_of(const mysql_options& options) {
    return {.connection = connection_options_of(options),
            .connections_max = options.connections_max,
            .wait_max = options.wait_for_connection};
}

namespace {

recent_failure& noted() {
    static recent_failure last;
    return last;
}

}  // namespace

void report_failure(std::string_view doing, const confab::mysql::failure& cause) {
    static log_throttle log;
    const auto line = fmt::format("MySQL, {}: {}", doing, cause.message_with_code());
    noted().set(line);
    log.error(fmt::format("{}: {}", doing, cause.code()), line);
}

std::string last_failure() {
    return noted().get();
}

namespace {

using server_work = std::function<awaitable<void>(confab::mysql::connection&)>;

void run_with(const confab::mysql::connection_options& how, const server_work& work) {
    confab::mysql::connection db(how);
    const auto all = [&]() -> awaitable<void> {
        co_await db.open();
        co_await work(db);
    };
    block_on(all());
}

startup_error startup_error_for(const confab::mysql::connection_options& how, const std::exception& cause) {
    return startup_error(fmt::format("MySQL at {}: {}", how.server.name(), cause.what()));
}

}  // namespace

void with_server(const mysql_options& options, const server_work& work) {
    const auto how = connection_options_of(options);
    try {
        run_with(how, work);
    } catch (const confab::mysql::failure& cause) {
        throw startup_error_for(how, cause);
    } catch (const other_engine_error&) {
        throw;
    } catch (const startup_error& cause) {
        throw startup_error_for(how, cause);
    }
}

void with_connection(const mysql_options& options, const server_work& work) {
    const auto how = connection_options_of(options);
    try {
        run_with(how, work);
    } catch (const confab::mysql::failure& cause) {
        throw startup_error_for(how, cause);
    }
}

}  // namespace confab::ledger::mysql
