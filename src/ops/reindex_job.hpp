// `confab reindex` of a cluster: fills a new index beside the one that is searched, then has it take over.
//
// 1. It is a job of hours. So each step is repeated after a failure, with growing pauses, until nothing has succeeded
//    for long. Each step may be repeated: how far the index has come is kept with the ledger.
// 2. One runs at a time, by a lease in the ledger (ledger::reindex_leases) that it renews beside its work. It names the
//    index before that is made; so no worker takes it for an orphan.
// 3. Who is interrupted or killed leaves the lease's row and the index. Workers bring deletions to it
//    (write/sibling_follower.hpp), and the next reindex resumes it.
// 4. It brings changes to its index itself, too, beside the walk. Workers of a version that folds texts in another way
//    cannot, and the walk may come back to a chat only hours later.
// 5. It walks all chats three times. The second walk is short, so that little is left to be scanned when the index
//    takes over. The third finds what a worker still brought to the old one, such as the end of a deleted message.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/async.hpp"
#include "base/back_off.hpp"
#include "base/error.hpp"
#include "ops/progress.hpp"
#include "ops/reindex.hpp"
#include "search/elastic/elastic_index.hpp"
#include "write/index_follower.hpp"
#include "write/sibling_follower.hpp"

namespace confab::ops {

struct reindex_job_options {
    std::uint64_t after_messages;             // as the workers have it
    std::chrono::seconds give_up_after{600};  // without any success
    std::chrono::milliseconds renew_every{10'000};
    std::chrono::milliseconds follow_every{10'000};         // so soon a deletion leaves the index that is built
    std::function<std::string()> ledger_failure = nullptr;  // why the ledger's last call failed
    std::function<void(const std::string& line)> print = [](const std::string&) {};  // what happens
    progress reporter = {};
};

class reindex_job {
public:
    reindex_job(ledger::reader& ledger, const search::elastic_index_options& index, ledger::index_progress& progress,
                reindex_job_options options, asio::any_io_executor home);
    ~reindex_job();
    reindex_job(const reindex_job&) = delete;
    reindex_job& operator=(const reindex_job&) = delete;

    // Once. Throws startup_error, with the reason: another one runs, an engine failed for too long, stop() was called.
    // What it has done so far is kept then. REQUIRES: awaited on `home`, an event loop run by one thread.
    awaitable<reindex_report> run();
    // Lets run() end within one request. Any thread. REQUIRES: the job lives until `home` has seen this.
    void stop();

private:
    class counting_writer;
    using clock = std::chrono::steady_clock;

    awaitable<void> claim();
    awaitable<result<reindex_report>> build();
    awaitable<result<void>> prepare();
    awaitable<result<void>> show_progress();
    awaitable<result<void>> walk(core::chat_id after);
    awaitable<result<void>> take_over();

    void open_index(const std::string& name);
    // Has the step done until it succeeds, cannot, or nothing has succeeded for too long.
    template <class Step>
    auto with_retries(Step step) -> decltype(step());
    void note_success();
    std::string reason(boost::system::error_code cause) const;

    // What goes on beside the walk.
    void begin_beside();
    void begin(awaitable<void> work);
    awaitable<void> renew();
    awaitable<void> follow_changes();
    awaitable<void> end_beside();
    // The next one may go on at once.
    awaitable<void> release_lease(bool is_done);

    ledger::reader& ledger_;
    const search::elastic_index_options index_options_;
    ledger::index_progress& progress_;
    reindex_job_options options_;
    const asio::any_io_executor home_;
    const ledger::reindex_owner owner_;

    // What follows belongs to `home`.
    asio::steady_timer pause_alarm_, renewal_alarm_, follow_alarm_, beside_ended_;
    ledger::reindex_lease lease_;
    core::chat_id reached_;  // all chats up to this one are in the index
    std::unique_ptr<search::elastic_successor> index_;
    std::unique_ptr<counting_writer> writer_;
    std::unique_ptr<write::index_follower> follower_;
    const std::unique_ptr<search::sibling_indexes> beside_;  // the index that is built is one of them
    write::sibling_follower changes_;
    back_off pause_;
    clock::time_point succeeded_at_ = clock::now();
    bool is_stopping_ = false;
    bool is_taken_over_ = false;  // the lease ran out, and another one has it
    int beside_running_ = 0;      // so many coroutines
    bool is_beside_over_ = false;
};

}  // namespace confab::ops
