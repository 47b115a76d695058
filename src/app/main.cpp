#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <csignal>
#include <cstdio>
#include <future>
#include <new>
#include <system_error>

#include "app/engines.hpp"
#include "app/jobs.hpp"
#include "app/migrate.hpp"
#include "app/options.hpp"
#include "app/password_file.hpp"
#include "app/serve.hpp"
#include "app/server_setup.hpp"
#include "app/status.hpp"
#include "app/worker.hpp"
#include "base/block_on.hpp"
#include "base/counted.hpp"
#include "base/engine_url.hpp"
#include "base/event_loops.hpp"
#include "base/log.hpp"
#include "ledger/mysql/index_progress.hpp"
#include "ledger/mysql/server.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "ops/check.hpp"
#include "ops/check_index.hpp"
#include "ops/reindex.hpp"
#include "ops/reindex_job.hpp"
#include "search/indexed/failure_reason.hpp"
#include "search/sqlite/sqlite_index.hpp"

namespace confab::app {
namespace {

constexpr int exit_failure = 1;
constexpr int exit_usage = 2;

log::level level_of(const settings& s) {
    const auto& name = s.text("log-level");
    if (name == "info") return log::level::info;
    if (name == "warning") return log::level::warning;
    if (name == "error") return log::level::error;
    if (name == "off") return log::level::off;
    throw usage_error(fmt::format("--log-level is '{}': it takes info, warning, error or off", name));
}

// To stderr, since stdout has the report.
void print_to_stderr(const std::string& line) {
    fmt::print(stderr, "{}\n", line);
}

ops::progress stderr_progress() {
    return ops::progress({.print = print_to_stderr});
}

// Commands that run for hours give a busy engine more time for each response.
constexpr std::chrono::seconds admin_command_timeout{30};

search::elastic_index_options admin_index_options_of(const settings& s, const std::string& cluster) {
    auto o = index_options_of(s, cluster);
    o.engine.connect_timeout = std::max<std::chrono::milliseconds>(o.engine.connect_timeout, admin_command_timeout);
    o.engine.response_timeout = std::max<std::chrono::milliseconds>(o.engine.response_timeout, admin_command_timeout);
    o.store_timeout = std::max<std::chrono::milliseconds>(o.store_timeout, 2 * admin_command_timeout);
    return o;
}

ledger::mysql::mysql_options with_long_timeouts(ledger::mysql::mysql_options o) {
    o.query_timeout = std::max<std::chrono::milliseconds>(o.query_timeout, admin_command_timeout);
    return o;
}

// The engine's own message, if there is one.
std::string reason_of(const boost::system::error_code& cause, const std::string& of_index = {}) {
    return search::failure_reason(cause, of_index, ledger::mysql::last_failure);
}

// An incomplete index is no finding while its reindex holds the lease. That reindex runs, or was killed a moment ago.
// Nothing: no reindex holds it.
std::optional<std::string> running_reindex(ledger::index_progress& progress) {
    const auto lease = block_on(progress.lease());
    if (!lease || !*lease || !(*lease)->is_owned) return std::nullopt;
    return fmt::format(
        "a reindex builds the index {} since {}; if it was killed, `confab reindex` resumes it half a minute later",
        (*lease)->index, (*lease)->since);
}

// Checks the index of a cluster, if one is configured.
ops::check_report check_cluster_index(const settings& s, const ledger::mysql::mysql_options& mysql,
                                      ledger::auditor& ledger, ops::check_report report) {
    if (!has_search_index(s)) return report;
    const auto progress = ledger::mysql::make_mysql_index_progress(mysql);
    const auto cluster = ledger::mysql::identity_of_mysql_ledger(mysql);
    const auto index = search::open_elastic_index(admin_index_options_of(s, cluster), *progress);
    if (auto note = running_reindex(*progress)) report.notes.push_back(std::move(*note));
    auto checked = block_on(ops::check_index(ledger, index->auditor(), report, stderr_progress()));
    if (checked) return std::move(*checked);
    report.add_finding("the search index cannot be read completely: " +
                       reason_of(checked.error(), index->last_failure()));
    return report;
}

// Checks the search index, if there is one, and adds to `report`. An unreadable index is only a finding: it can be
// rebuilt.
ops::check_report check_index(const settings& s, const ledger::mysql::mysql_options& mysql, ledger::auditor& ledger,
                              ops::check_report report) {
    const auto& folder = s.text("data");
    try {
        if (is_cluster(s)) return check_cluster_index(s, mysql, ledger, std::move(report));
        const auto index = search::open_sqlite_index_auditor(folder, ledger::sqlite::identity_of_sqlite_ledger(folder));
        if (!index) return report;
        auto checked = block_on(ops::check_index(ledger, *index, report, stderr_progress()));
        if (checked) return std::move(*checked);
        report.add_finding("the search index cannot be read completely: " + checked.error().message());
    } catch (const startup_error& cause) {
        report.add_finding(cause.what());
    }
    return report;
}

int check(const settings& s) {
    asio::thread_pool unused_pool(1);
    ledger::mysql::mysql_options mysql;
    if (is_cluster(s)) mysql = mysql_options_of(s, unused_pool.get_executor());
    const auto auditor =
        is_cluster(s) ? ledger::mysql::open_mysql_auditor(mysql) : ledger::sqlite::open_sqlite_auditor(s.text("data"));
    const auto journal = is_cluster(s) ? ledger::sqlite::journal_report() : ledger::sqlite::journal_of(s.text("data"));
    auto checked = block_on(ops::check(*auditor, stderr_progress()));
    if (!checked) throw startup_error("the ledger cannot be read completely: " + reason_of(checked.error()));
    if (journal.mismatch) checked->add_finding(*journal.mismatch);
    const auto report = check_index(s, with_long_timeouts(mysql), *auditor, std::move(*checked));
    fmt::print("{}, {}, {}, {}, {} in the search index: ", counted(report.apps, "app"), counted(report.chats, "chat"),
               counted(report.messages, "message"), counted(report.changes, "change"),
               counted(report.indexed, "message"));
    const bool is_sound = report.findings_count == 0;
    if (is_sound)
        fmt::print("all numbers gapless, all counts correct\n");
    else
        fmt::print("{}\n", counted(report.findings_count, "finding"));
    for (const auto& finding : report.findings) fmt::print("  {}\n", finding);
    for (const auto& note : report.notes) fmt::print("note: {}\n", note);
    if (journal.unapplied > 0)
        fmt::print("not counted: {} that the server, or its next start, replays from the journal\n",
                   counted(journal.unapplied, "batch", "batches"));
    if (journal.off_reason)
        fmt::print("the journal is off, so each batch is committed with its own sync: {}\n", *journal.off_reason);
    return is_sound ? 0 : exit_failure;
}

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
    std::promise<ops::reindex_report> done;
    asio::co_spawn(loop.at(0), job.run(), [&](std::exception_ptr failure, ops::reindex_report report) {
        failure ? done.set_exception(failure) : done.set_value(report);
        signals.cancel();
    });
    loop.start();
    if (signals.wait()) job.stop();
    auto report = done.get_future();
    report.wait();
    loop.stop();
    return report.get();
}

ops::reindex_report reindex_standalone(const settings& s) {
    asio::thread_pool here(1);
    const auto from = ledger::sqlite::open_sqlite_ledger({s.text("data"), here.get_executor()});
    const auto into = search::open_sqlite_index({from->folder(), from->identity(), here.get_executor()});
    search::index_follower follower(from->reader(), into->reader(), into->writer(),
                                    {s.number("index-after-messages"), {}}, here.get_executor());
    const auto report = asio::co_spawn(here, ops::reindex(follower, into->writer()), asio::use_future).get();
    if (!report) throw startup_error("the search index cannot be built: " + report.error().message());
    return *report;
}

int reindex(const settings& s) {
    const auto report = is_cluster(s) ? reindex_cluster(s) : reindex_standalone(s);
    fmt::print("{} of {} in the search index; shorter chats are scanned\n", counted(report.messages, "message"),
               counted(report.chats, "chat"));
    return 0;
}

// Every option of type secret is the URL of an engine.
std::string redacted_value(const option& o, const std::string& value) {
    switch (o.type) {
        case option_type::secret:
            return redacted_url(value);
        case option_type::password_file:
            return shown_password_file(value);
        default:
            return value;
    }
}

int print_config(const settings& s) {
    for (const auto& o : options())
        fmt::print("{} = {}  ({})\n", o.name, redacted_value(o, s[o.name].value), s[o.name].source);
    return 0;
}

// If one of them is closed at the start, a file or socket opened later would get its number, and our output.
void ensure_standard_streams() {
    int opened = 0;
    while (opened >= 0 && opened <= STDERR_FILENO) opened = open("/dev/null", O_RDWR);
    if (opened > STDERR_FILENO) close(opened);
}

int run(int argc, char** argv) {
    ensure_standard_streams();
    std::signal(SIGXFSZ, SIG_IGN);  // exceeding a file size limit is an error, and must not kill the process
    const auto asked = parse(argc, argv);
    if (asked.command.empty()) {
        fmt::print("{}", asked.text);
        return 0;
    }
    log::start(level_of(asked.values));
    if (asked.command == "serve") return serve(asked.values);
    if (asked.command == "worker") return run_worker(asked.values);
    if (asked.command == "migrate") return migrate(asked.values, asked.arguments);
    if (asked.command == "jobs") return jobs(asked.values, asked.arguments);
    if (asked.command == "status") return status(asked.values, asked.arguments);
    if (asked.command == "check") return check(asked.values);
    if (asked.command == "reindex") return reindex(asked.values);
    return print_config(asked.values);
}

}  // namespace
}  // namespace confab::app

int main(int argc, char** argv) {
    try {
        const int status = confab::app::run(argc, argv);
        confab::app::flush_output();
        return status;
    } catch (const confab::app::usage_error& cause) {
        fmt::print(stderr, "confab: {}\n", cause.what());
        return confab::app::exit_usage;
    } catch (const std::bad_alloc&) {
        std::fputs("confab: out of memory\n", stderr);
        return confab::app::exit_failure;
    } catch (const std::system_error& cause) {
        fmt::print(stderr, "confab: system error: {}\n", cause.what());
        return confab::app::exit_failure;
    } catch (const std::exception& cause) {
        fmt::print(stderr, "confab: {}\n", cause.what());
        return confab::app::exit_failure;
    }
}
