#include "app/worker.hpp"

#include <fmt/core.h>

#include <atomic>
#include <functional>
#include <utility>

#include "app/engines.hpp"
#include "app/exit_codes.hpp"
#include "app/heartbeat_file.hpp"
#include "app/redis_startup_checks.hpp"
#include "app/server_setup.hpp"
#include "app/threads.hpp"
#include "app/version.hpp"
#include "base/block_on.hpp"
#include "base/counted.hpp"
#include "base/engine_state.hpp"
#include "base/log.hpp"
#include "base/thread_pool.hpp"
#include "ledger/lost_commits.hpp"
#include "ledger/mysql/index_progress.hpp"
#include "ledger/mysql/server.hpp"
#include "live/redis/hints.hpp"
#include "queue/redis/codec.hpp"
#include "queue/redis/redis_queue.hpp"
#include "queue/redis/stream_state.hpp"

namespace confab::app {
namespace {

// The search index of a cluster and its followers.
struct cluster_index {
    cluster_index(const settings& s, const engines& named, ledger::mysql::mysql_worker& ledger,
                  asio::any_io_executor read_pool, const asio::any_io_executor& home)
        : progress(ledger::mysql::make_mysql_index_progress(named.mysql_on(std::move(read_pool)))),
          index(search::open_elastic_index(named.index_of(ledger.cluster()), *progress)),
          inactive(search::open_inactive_indexes(named.index_of(ledger.cluster()), *progress)),
          follower(ledger.reader(), index->reader(), index->writer(),
                   {s.number("index-after-messages"), std::chrono::milliseconds(s.number("index-pause-ms")),
                    progress.get(), ledger::mysql::last_failure},
                   home),
          inactive_index_follower(ledger.reader(), *inactive, home, ledger::mysql::last_failure) {}

    const std::unique_ptr<ledger::index_progress> progress;
    const std::unique_ptr<search::elastic_index> index;
    const std::unique_ptr<search::inactive_indexes> inactive;
    search::index_follower follower;
    search::inactive_index_follower inactive_index_follower;
};

// Calls `then` once, after the first renewal. The ledger then has everything that Redis knows to be committed.
class observed_ownership final : public ledger::ownership {
public:
    observed_ownership(ledger::ownership& inner, std::function<void()> then) : inner_(inner), then_(std::move(then)) {}

    awaitable<result<std::vector<core::partition_number>>> renew() override {
        auto held = co_await inner_.renew();
        if (held && then_) std::exchange(then_, nullptr)();
        co_return held;
    }
    awaitable<void> release() override { return inner_.release(); }

private:
    ledger::ownership& inner_;
    std::function<void()> then_;
};

class worker {
public:
    worker(const settings& s, stop_signals& signals)
        : signals_(signals),
          engines_(engines_of(s)),
          read_pool_(s.number("read-threads")),
          ledger_(open_ledger(s)),
          heartbeat_(ledger_->ownership(), s.text("alive-file")),
          ownership_(heartbeat_, [this] { start_indexing(); }),
          queue_(queue::make_redis_receiver(writing_.executor(), ownership_, receiver_options())) {
        ledger_->require_committed(committed_before());
        if (engines_.index) index_.emplace(s, engines_, *ledger_, read_pool_.get_executor(), indexing_.executor());
        hints_ = live::make_hint_sender(writing_.executor(), redis_options(), ledger_->cluster());
        batch_options_ = batch_options_of(s, index_ ? &index_->follower : nullptr,
                                          [this](const core::batch_effects& effects) { hints_->committed(effects); });
    }

    ~worker() { stop(); }
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    void start() {
        log::info(fmt::format("the id of this worker is {}", ledger_->id()));
        warn_of_unreachable_index(engines_);
        writing_.start(run());
    }

    void announce() const {
        fmt::print("{}\nworking on up to {}\n", version_line(), counted(ledger_->partitions(), "partition"));
        flush_output();
    }

    // Completes the current batch, and releases the partitions.
    void stop() {
        queue_->close();
        writing_.wait();
        indexing_.stop();
        read_pool_.join();
    }

    // Whether it stops because of a failure. Any thread.
    bool has_failed() const { return has_failed_; }

private:
    std::unique_ptr<ledger::mysql::mysql_worker> open_ledger(const settings& s) {
        require_redis_noeviction(engines_.redis, unshown_policy_of(s));
        ledger::mysql::mysql_worker_options options;
        options.lease = std::chrono::milliseconds(s.number("lease-ms"));
        options.commit_timeout = std::chrono::milliseconds(s.number("commit-timeout-ms"));
        if (engines_.index) options.note_after_messages = s.number("index-after-messages");
        options.describe = [](const core::command& c) { return queue::encode(c, {}, {}); };
        return ledger::mysql::open_mysql_worker(engines_.mysql_on(read_pool_.get_executor()), options);
    }

    std::vector<core::delivery> committed_before() {
        const auto ask = [&]() -> awaitable<std::vector<core::delivery>> {
            const auto client = co_await connect_redis(engines_.redis);
            auto found = co_await queue::committed_deliveries(*client, ledger_->cluster(), ledger_->partitions());
            if (!found) throw startup_error("Redis does not answer any more");
            co_return std::move(*found);
        };
        return block_on(ask());
    }

    redis::client_options redis_options() {
        auto redis = engines_.redis;
        redis.state = &redis_state_;
        return redis;
    }

    queue::redis_receiver_options receiver_options() {
        return {redis_options(), ledger_->cluster(), ledger_->partitions()};
    }

    // Indexes this worker's commits, and chats that other workers noted and did not index. A worker that the ledger
    // refuses must not write to the index. On the writing thread.
    void start_indexing() {
        try {
            if (index_) indexing_.start(index_->follower, &index_->inactive_index_follower);
        } catch (const startup_error& cause) {
            log::error(cause.what());
            has_failed_ = true;
            signals_.cancel();
        }
    }

    awaitable<void> run() {
        try {
            co_await write::write_batches(*queue_, ledger_->writer(), batch_options_);
        } catch (const ledger::lost_commits& cause) {
            // Writes nothing more, not even the release of the partitions.
            log::error(cause.what());
            has_failed_ = true;
            signals_.cancel();
            co_return;
        }
        co_await ownership_.release();
    }

    stop_signals& signals_;
    const engines engines_;
    engine_state redis_state_{"Redis", "commands stay queued until it recovers"};
    thread_pool read_pool_;
    writer_thread writing_;
    std::unique_ptr<ledger::mysql::mysql_worker> ledger_;
    heartbeat_ownership heartbeat_;
    observed_ownership ownership_;
    std::unique_ptr<queue::redis_receiver> queue_;
    std::unique_ptr<live::hint_sender> hints_;
    index_thread indexing_;
    std::optional<cluster_index> index_;
    write::batch_options batch_options_;
    std::atomic<bool> has_failed_ = false;
};

}  // namespace

int run_worker(const settings& s) {
    ignore_broken_pipes();
    stop_signals signals;
    worker w(s, signals);
    w.start();
    w.announce();
    if (signals.wait()) log::info("stopping: completing the current batch");
    w.stop();
    return w.has_failed() ? exit_failure : 0;
}

}  // namespace confab::app
