#include "app/reindex.hpp"

#include <fmt/core.h>

#include <boost/asio/thread_pool.hpp>
#include <future>

#include "app/admin_timeouts.hpp"
#include "app/engines.hpp"
#include "app/server_setup.hpp"
#include "app/stderr_progress.hpp"
#include "base/block_on.hpp"
#include "base/counted.hpp"
#include "base/event_loops.hpp"
#include "base/spawn.hpp"
#include "ledger/mysql/index_progress.hpp"
#include "ledger/mysql/server.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "ops/reindex.hpp"
#include "ops/reindex_job.hpp"
#include "search/sqlite/sqlite_index.hpp"

namespace confab::app {
namespace {

ops::reindex_report reindex_cluster(const settings& s) {
    if (!has_search_index(s))
        throw usage_error("the search index of a cluster is in Elasticsearch: --elasticsearch is missing");
    stop_signals signals;
    event_loops loop(1);
    asio::thread_pool pool(1);
    const auto mysql = with_long_timeouts(mysql_options_of(s, pool.get_executor()));
    const auto from = ledger::mysql::open_mysql_node(mysql);
    const auto progress = ledger::mysql::make_mysql_index_progress(mysql);
    ops::reindex_job job(from->reader(), admin_index_options_of(s, from->cluster()), *progress,
                         {.after_messages = s.number("index-after-messages"),
                          .ledger_failure = ledger::mysql::last_failure,
                          .print = print_to_stderr,
                          .reporter = stderr_progress()},
                         loop.at(0).get_executor());
    std::promise<void> done;
    ops::reindex_report report;
    const auto run = [&]() -> awaitable<void> { report = co_await job.run(); };
    spawn(loop.at(0).get_executor(), run(), [&](const std::exception_ptr& failure) {
        failure ? done.set_exception(failure) : done.set_value();
        signals.cancel();
    });
    loop.start();
    if (signals.wait()) job.stop();
    auto ended = done.get_future();
    ended.wait();
    loop.stop();
    ended.get();
    return report;
}

ops::reindex_report reindex_standalone(const settings& s) {
    asio::thread_pool here(1);
    const auto from = ledger::sqlite::open_sqlite_ledger({s.text("data"), here.get_executor()});
    const auto into = search::open_sqlite_index({from->folder(), from->identity(), here.get_executor()});
    search::index_follower follower(from->reader(), into->reader(), into->writer(),
                                    {s.number("index-after-messages"), {}}, here.get_executor());
    const auto report = block_on(here.get_executor(), ops::reindex(follower, into->writer()));
    if (!report) throw startup_error("the search index cannot be built: " + report.error().message());
    return *report;
}

}  // namespace

int reindex(const settings& s) {
    const auto report = is_cluster(s) ? reindex_cluster(s) : reindex_standalone(s);
    fmt::print("{} of {} in the search index; shorter chats are scanned\n", counted(report.messages, "message"),
               counted(report.chats, "chat"));
    return 0;
}

}  // namespace confab::app
