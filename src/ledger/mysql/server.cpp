#include "ledger/mysql/server.hpp"

#include <fmt/core.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "base/log_throttle.hpp"

namespace confab::ledger::mysql {

confab::mysql::connection_options connection_options_of(const mysql_options& options) {
    auto server = confab::mysql::address::parse(options.url);
    if (!options.password.empty()) server.password = options.password;
    return {.server = std::move(server),
            .connect_timeout = options.connect_timeout,
            .query_timeout = options.query_timeout,
            .at_start = "set session sql_mode = 'strict_all_tables,no_engine_substitution'"};
}

confab::mysql::pool_options pool_options_of(const mysql_options& options) {
    return {.connection = connection_options_of(options),
            .connections_max = options.connections_max,
            .wait_max = options.wait_for_connection};
}

void tell_failure(std::string_view doing, const confab::mysql::failure& cause) {
    static log_throttle log;
    log.error(fmt::format("{}: {}", doing, cause.code()),
              fmt::format("MySQL, {}: {} ({})", doing, cause.what(), cause.code()));
}

void with_server(const mysql_options& options, std::function<awaitable<void>(confab::mysql::connection&)> work) {
    const auto how = connection_options_of(options);
    asio::io_context here;
    confab::mysql::connection db(how);
    const auto all = [&]() -> awaitable<void> {
        co_await db.open();
        co_await work(db);
    };
    auto done = asio::co_spawn(here, all, asio::use_future);
    here.run();
    try {
        done.get();
    } catch (const confab::mysql::failure& cause) {
        throw startup_error(fmt::format("MySQL at {}: {}", how.server.name(), cause.what()));
    } catch (const startup_error& cause) {
        throw startup_error(fmt::format("MySQL at {}: {}", how.server.name(), cause.what()));
    }
}

}  // namespace confab::ledger::mysql
