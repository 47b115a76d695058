// `confab reindex` of a cluster: fills a new index beside the one that is searched, then switches the search to it.
//
// 1. It runs for hours. So each step is retried after a failure, with growing pauses, until nothing has succeeded for
//    give_up_after. Each step can be repeated: the ledger keeps the position of the index.
// 2. Only one runs at a time, by a lease in the ledger (ledger::reindex_leases) that it renews in the background. The
//    lease names the index before it is created, so that no worker takes it for an orphan.
// 3. A reindex that is interrupted or killed leaves the lease's row and the index. Workers apply deletions to that
//    index (search/indexed/inactive_index_follower.hpp), and the next reindex resumes it.
// 4. In the background it also applies changes to its index itself. Workers of a version with another folding of texts
//    cannot, and the walk may return to a chat only hours later. A failure of this, or of the lease's renewal, is
//    reported when it begins, changes and ends, and tried again. An exception ends the job.
// 5. It walks all chats three times. The second walk is short, so that searches scan little after the switch. The third
//    walk finds changes that a worker still stored in the old index, such as a deletion.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/async.hpp"
#include "base/back_off.hpp"
#include "base/error.hpp"
#include "ops/progress.hpp"
#include "ops/reindex.hpp"
#include "search/elastic/elastic_index.hpp"
#include "search/indexed/inactive_index_follower.hpp"
#include "search/indexed/index_follower.hpp"

namespace confab::ops {

struct reindex_job_options {
    std::uint64_t after_messages;             // the same value as the workers'
    std::chrono::seconds give_up_after{600};  // without any success
    std::chrono::milliseconds renew_every{10'000};
    std::chrono::milliseconds follow_every{10'000};         // between passes that apply changes, such as deletions
    std::function<std::string()> ledger_failure = nullptr;  // the reason of the ledger's last failure
    std::function<void(const std::string& line)> print = [](const std::string&) {};  // messages
    progress reporter = {};
};

class reindex_job {
public:
    reindex_job(ledger::index_source& ledger, const search::elastic_index_options& index,
                ledger::index_progress& progress, reindex_job_options options, const asio::any_io_executor& home);
    ~reindex_job();
    reindex_job(const reindex_job&) = delete;
    reindex_job& operator=(const reindex_job&) = delete;

    // May be called once. Throws startup_error, with the reason: another reindex runs, an engine failed for too long,
    // or stop() was called. Its work so far is kept then. REQUIRES: awaited on `home`, an event loop run by one thread.
    awaitable<reindex_report> run();
    // Makes run() return within one request. Any thread. REQUIRES: the job lives until `home` has run this.
    void stop();

private:
    class counting_writer;
    using clock = std::chrono::steady_clock;

    awaitable<void> claim();
    awaitable<result<reindex_report>> build();
    awaitable<result<void>> prepare();
    awaitable<result<void>> show_progress();
    awaitable<result<void>> walk(core::chat_id after);
    awaitable<result<void>> swap_alias();

    void open_index(const std::string& name);
    // Retries the step until it succeeds, fails permanently, or no step has succeeded for give_up_after.
    template <class Step>
    auto with_retries(Step step) -> decltype(step());
    void note_success();
    std::string reason(boost::system::error_code cause) const;

    // The background work during the walk.
    struct background_step {
        std::string_view failed, recovered;  // the sentences that report it
        std::string why = {};                // the last attempt failed; empty: it succeeded
    };
    void begin_beside();
    void end_early();
    void begin(awaitable<void> work);
    awaitable<void> renew();
    awaitable<void> follow_changes();
    void report(background_step& step, std::string why);
    void report_late_exception();
    std::string unapplied_changes() const;
    awaitable<void> end_beside();
    // The next reindex can resume immediately.
    awaitable<void> release_lease(bool is_done);

    ledger::index_source& ledger_;
    const search::elastic_index_options index_options_;
    ledger::index_progress& progress_;
    reindex_job_options options_;
    const asio::any_io_executor home_;
    const ledger::reindex_owner owner_;

    // The members below are used only on `home`.
    asio::steady_timer pause_alarm_, renewal_alarm_, follow_alarm_, beside_ended_;
    ledger::reindex_lease lease_;
    core::chat_id reached_;  // all chats up to this one are in the index
    std::unique_ptr<search::replacement_index> index_;
    std::unique_ptr<counting_writer> writer_;
    std::unique_ptr<search::index_follower> follower_;
    const std::unique_ptr<search::inactive_indexes> beside_;  // one of them is the new index
    search::inactive_index_follower changes_;
    back_off pause_;
    clock::time_point succeeded_at_ = clock::now();
    bool is_stopping_ = false;
    bool is_taken_over_ = false;  // the lease expired, and another reindex has it
    background_step renewing_{"the lease of the reindex is not renewed", "the lease of the reindex is renewed again"};
    background_step following_{"changes, such as deletions, do not reach the indexes that are not searched",
                               "changes reach the indexes that are not searched again"};
    std::exception_ptr beside_exception_;
    int beside_running_ = 0;  // number of coroutines
    bool is_beside_over_ = false;
};

}  // namespace confab::ops
