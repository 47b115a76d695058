#include "app/check.hpp"

#include <fmt/core.h>

#include <boost/asio/thread_pool.hpp>

#include "app/admin_timeouts.hpp"
#include "app/engines.hpp"
#include "app/exit_codes.hpp"
#include "app/stderr_progress.hpp"
#include "base/block_on.hpp"
#include "base/counted.hpp"
#include "ledger/mysql/index_progress.hpp"
#include "ledger/mysql/server.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "ops/check.hpp"
#include "ops/check_index.hpp"
#include "search/indexed/failure_reason.hpp"
#include "search/sqlite/sqlite_index.hpp"

namespace confab::app {
namespace {

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

}  // namespace

int check(const settings& s) {
    asio::thread_pool unused_pool(1);
    ledger::mysql::mysql_options mysql;
    if (is_cluster(s)) mysql = with_long_timeouts(mysql_options_of(s, unused_pool.get_executor()));
    const auto auditor =
        is_cluster(s) ? ledger::mysql::open_mysql_auditor(mysql) : ledger::sqlite::open_sqlite_auditor(s.text("data"));
    const auto journal = is_cluster(s) ? ledger::sqlite::journal_report() : ledger::sqlite::journal_of(s.text("data"));
    auto checked = block_on(ops::check(*auditor, stderr_progress()));
    if (!checked) throw startup_error("the ledger cannot be read completely: " + reason_of(checked.error()));
    if (journal.mismatch) checked->add_finding(*journal.mismatch);
    const auto report = check_index(s, mysql, *auditor, std::move(*checked));
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
    return is_sound ? 0 : exit_findings;
}

}  // namespace confab::app
