#include "ledger/mysql/server.hpp"

#include <fmt/core.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "base/clock.hpp"
#include "base/log.hpp"

namespace confab::ledger::mysql {

confab::mysql::connection_options connection_options_of(const mysql_options& options) {
    return {.server = confab::mysql::address::parse(options.url),
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
    constexpr std::int64_t pause_us = 1'000'000;
    static std::atomic<std::int64_t> told_at{0};
    static std::atomic<std::uint64_t> untold{0};
    const auto at = now().us;
    auto last = told_at.load();
    if (at - last < pause_us || !told_at.compare_exchange_strong(last, at)) {
        ++untold;
        return;
    }
    const auto more = untold.exchange(0);
    log::error(fmt::format("MySQL, {}: {} ({}){}", doing, cause.what(), cause.code(),
                           more > 0 ? fmt::format("; {} more since the last line", more) : ""));
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
