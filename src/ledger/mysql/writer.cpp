// Writes a batch as one transaction, over all of its partitions.
//
// 1. load() begins the transaction, locks the partitions' rows, and checks their leases by the database's clock. From
//    here to the commit nobody else can own these partitions, however long this process is stopped.
// 2. The results of commands that were processed before are found by job. The dead letters that the batch replays are
//    locked, and closed by its commit. The rest of what decide() needs is read with few statements.
// 3. apply() writes the rows many at a time, then the counters, the positions and the commit in one round trip.
// 4. Any failure rolls back and drops the cached state, also when only the reply of the commit was lost. The entries
//    are still in the queue, and are delivered again. Then the position shows whether they were processed.
// 5. If positions or counters are below those that this worker committed, or those that Redis had at its start, the
//    worker ends (high_watermarks.hpp).
#include "ledger/mysql/writer.hpp"

#include <fmt/core.h>

#include "base/log.hpp"
#include "base/log_throttle.hpp"
#include "base/require.hpp"
#include "core/command_summary.hpp"
#include "ledger/lost_commits.hpp"
#include "ledger/mysql/commands_by_kind.hpp"
#include "ledger/mysql/database_clock.hpp"
#include "ledger/mysql/dead_letters.hpp"
#include "ledger/mysql/effects_by_kind.hpp"
#include "ledger/mysql/high_watermarks.hpp"
#include "ledger/mysql/jobs.hpp"
#include "ledger/mysql/leases.hpp"
#include "ledger/mysql/partition_locks.hpp"
#include "ledger/mysql/role.hpp"
#include "ledger/mysql/server.hpp"
#include "ledger/mysql/state_loader.hpp"
#include "ledger/mysql/store.hpp"

namespace confab::ledger::mysql {
namespace {

constexpr std::string_view undecodable = "it cannot be read";
constexpr std::string_view refused_data = "the database refused its data";
constexpr std::size_t reason_bytes_max = 200;        // the column takes at most 255 characters
constexpr std::uint64_t dead_letter_lines_max = 20;  // per minute and reason, so that a flood does not fill the disk
constexpr std::int64_t purge_every_us = 60'000'000;
constexpr std::uint64_t purge_rows_max =
    500;  // per batch; if there are as many, the purge continues after the next batch

confab::mysql::connection_options connection_of(const mysql_options& options, const mysql_worker_options& worker) {
    auto how = connection_options_of(options);
    how.query_timeout = worker.commit_timeout;
    how.multi_statements = true;
    // If a worker stops within a batch, the server ends its session and releases its locks.
    how.init_command +=
        ";set session transaction isolation level read committed"
        ";set session wait_timeout = 5, innodb_lock_wait_timeout = 2";
    return how;
}

// Only printable ASCII characters. The message may quote the data. If the database refused the reason, too, the dead
// letter could not be stored.
std::string refusal_reason(const confab::mysql::failure& cause) {
    auto words = cause.message_with_code();
    for (auto& c : words)
        if (c < ' ' || c > '~') c = '?';
    if (words.size() > reason_bytes_max) words.resize(reason_bytes_max);
    return fmt::format("{}: {}", refused_data, words);
}

class mysql_writer_impl final : public mysql_writer {
public:
    mysql_writer_impl(const mysql_options& options, const mysql_worker_options& worker, std::uint64_t partitions)
        : describe_(worker.describe),
          note_after_messages_(worker.note_after_messages),
          db_(connection_of(options, worker)),
          leases_(partitions, worker.lease) {}

    awaitable<result<std::vector<core::partition_number>>> renew() override {
        if (!leases_.is_renewal_due()) co_return leases_.owned();
        try {
            co_await ensure_connected();
            co_await require_writable(db_);
            // A worker that has to stop must not take a lease before.
            if (must_check_watermarks_) co_await watermarks_.check(db_);
            must_check_watermarks_ = false;
            const bool has_changed = co_await leases_.renew(db_);
            must_clear_state_ = must_clear_state_ || has_changed;
            if (has_changed) co_await watermarks_.check(db_);
            co_return leases_.owned();
        } catch (const confab::mysql::failure& cause) {
            reset_after_failure("renewing leases", cause);
            co_return error::unavailable;
        }
    }

    const std::string& id() const override { return leases_.id(); }

    void require_committed(std::span<const core::delivery> all) override {
        require(commands_.empty(), "the watermarks are complete before the first batch");
        for (const auto& d : all) watermarks_.note(d.partition, {d.epoch, d.at});
        must_check_watermarks_ = true;
    }

    awaitable<void> release() override {
        try {
            co_await ensure_connected();
            co_await leases_.release(db_);
        } catch (const confab::mysql::failure& cause) {
            report_failure("releasing partitions", cause);  // others must wait until the leases expire
        }
    }

    awaitable<result<void>> load(std::span<const core::command* const> commands, core::state& s) override {
        if (std::exchange(must_clear_state_, false)) s.clear();
        commands_ = commands;
        batch_ = commands_by_kind(commands);
        try {
            co_await ensure_connected();
            co_await ids_.reserve_chat_ids(db_, batch_.new_chats, s);
            const bool is_ours = co_await begin();
            if (!is_ours) co_return handle_lost_lease();
            co_await ids_.reserve_app_id(db_, batch_.new_apps, s);
            co_await load_state(db_, batch_.named, s, partition_locks_.clock());
            watermarks_.check(batch_.named, s);
            co_await load_outcomes_of_passed(s);
            replayed_ = co_await load_replays(db_, commands, s);
            co_return result<void>();
        } catch (const confab::mysql::failure& cause) {
            reset_after_failure("loading a batch", cause);
            co_return error::unavailable;
        } catch (const lost_commits&) {
            db_.close();  // releases the locks
            throw;
        }
    }

    awaitable<result<void>> apply(const core::batch_effects& effects) override {
        const effects_by_kind sorted(effects);
        const auto tried = co_await try_to_apply(sorted);
        if (tried || tried.error() != error::rejected || commands_.size() > 1) co_return tried;
        const bool is_stored = co_await store_dead_letter();
        if (!is_stored) co_return error::unavailable;
        co_return error::rejected;
    }

    awaitable<void> maintain(timestamp at) override {
        const bool clock_went_back = at.us + purge_every_us < next_purge_us_;
        if (at.us < next_purge_us_ && !clock_went_back) co_return;
        next_purge_us_ = at.us + purge_every_us;
        const auto& owned = leases_.owned();
        if (owned.empty() || owned.front() != 0) co_return;  // the owner of partition 0 does it for all
        try {
            co_await ensure_connected();
            const auto sql =
                fmt::format("delete from idempotency where expires_at <= {} + ? limit ?", database_time_sql);
            const auto gone = co_await db_.run(sql, at.us - now().us, purge_rows_max);
            const auto closed = co_await purge_dead_letters(db_, purge_rows_max);
            if (gone.affected() >= purge_rows_max || closed >= purge_rows_max) next_purge_us_ = 0;
        } catch (const confab::mysql::failure& cause) {
            reset_after_failure("purging expired keys and closed dead letters", cause);
        }
    }

private:
    awaitable<void> ensure_connected() {
        if (db_.is_usable()) co_return;
        co_await db_.open();
        must_check_watermarks_ = true;
    }

    // False: a lease is lost.
    awaitable<bool> begin() {
        partition_locks_ = {};
        co_return co_await partition_locks_.begin(db_, batch_.partitions, leases_.owner(), watermarks_);
    }

    awaitable<void> roll_back() {
        try {
            co_await db_.query("rollback");
        } catch (const confab::mysql::failure&) {
            db_.close();  // this rolls back, too
        }
    }

    error handle_lost_lease() {
        log::warning("a partition was taken over by another worker");
        db_.close();
        must_clear_state_ = true;
        leases_.invalidate();
        return error::unavailable;
    }

    void reset_after_failure(std::string_view doing, const confab::mysql::failure& cause) {
        report_failure(doing, cause);
        db_.close();
        must_clear_state_ = true;
        leases_.invalidate();
    }

    // Commands that were processed before are not decided again. Replays are left out: their dead letter shows whether
    // they were executed, and nobody waits for their result.
    awaitable<void> load_outcomes_of_passed(core::state& s) {
        if (!partition_locks_.has_passed_any()) co_return;
        std::vector<const core::command*> processed;
        for (const auto* c : commands_)
            if (was_processed(*c) && !c->delivery->replay_of) processed.push_back(c);
        co_await load_outcomes(db_, processed, s);
    }

    bool was_processed(const core::command& c) const {
        return c.delivery && partition_locks_.was_processed(*c.delivery);
    }

    // False: this process's clock was set since load(), so the expiry of this batch's keys is unreliable.
    bool is_clock_good(const effects_by_kind& effects) {
        if (effects.rows.keys.empty() || !partition_locks_.clock().was_set()) return true;
        log::warning("the system clock was changed during a batch; retrying the batch");
        db_.close();
        must_clear_state_ = true;
        return false;
    }

    awaitable<result<void>> try_to_apply(const effects_by_kind& effects) {
        if (!is_clock_good(effects)) co_return error::unavailable;
        bool is_refused = false;
        try {
            co_await store(db_, effects.rows, partition_locks_.clock());
            for (const auto& [command, bytes] : batch_.unreadable)
                if (!was_processed(*command)) co_await insert_dead_letter(db_, *command, undecodable, bytes);
            const auto commit_sql = counter_updates(effects.counters) +
                                    notes_for_index(effects, note_after_messages_, partition_locks_.clock()) +
                                    partition_locks_.position_updates() + closing_statement(replayed_) + "commit";
            co_await db_.query(commit_sql);
            partition_locks_.record_in(watermarks_);
            watermarks_.note(effects.counters);
            for (const auto& [command, bytes] : batch_.unreadable)
                if (!was_processed(*command)) log_dead_letter(*command, undecodable, undecodable);
            co_return result<void>();
        } catch (const confab::mysql::failure& cause) {
            is_refused = cause.is_data_error();
            if (is_refused)
                refusal_ = refusal_reason(cause);
            else
                reset_after_failure("committing a batch", cause);
        }
        if (!is_refused) co_return error::unavailable;
        must_clear_state_ = true;
        co_await roll_back();
        co_return error::rejected;
    }

    // Stores the only command of the batch as a dead letter, and moves the position past it. If it replayed a dead
    // letter, it takes that one's place.
    awaitable<bool> store_dead_letter() {
        try {
            const bool is_ours = co_await begin();
            if (!is_ours) {
                handle_lost_lease();
                co_return false;
            }
            const auto& c = *commands_.front();
            if (c.delivery && describe_) {
                const auto bytes = describe_(c);
                co_await insert_dead_letter(db_, c, refusal_, bytes);
            }
            const auto commit_sql = partition_locks_.position_updates() + closing_statement(replayed_) + "commit";
            co_await db_.query(commit_sql);
            partition_locks_.record_in(watermarks_);
            log_dead_letter(c, refused_data, refusal_);
            co_return true;
        } catch (const confab::mysql::failure& cause) {
            reset_after_failure("storing a dead letter", cause);
            co_return false;
        } catch (const lost_commits&) {
            db_.close();  // releases the locks
            throw;
        }
    }

    // REQUIRES: the dead letter is committed. The limit of lines is per `kind`; `why` is the reason of this one.
    void log_dead_letter(const core::command& c, std::string_view kind, std::string_view why) {
        if (!c.delivery) return;
        const auto line = fmt::format("dead letter in partition {}, entry {}-{}: {}: {} (`confab jobs` lists them)",
                                      c.delivery->partition, c.delivery->at.ms, c.delivery->at.seq,
                                      core::to_text(core::summary_of(c)), why);
        dead_letter_log_.error(kind, line);
    }

    const std::function<std::string(const core::command&)> describe_;
    const std::uint64_t note_after_messages_;
    confab::mysql::connection db_;
    leases leases_;
    id_allocator ids_;
    partition_locks partition_locks_;
    std::span<const core::command* const> commands_;
    commands_by_kind batch_;
    high_watermarks watermarks_;
    std::vector<std::uint64_t> replayed_;  // the dead letters that the batch replays
    bool must_clear_state_ = false;
    bool must_check_watermarks_ = false;
    std::int64_t next_purge_us_ = 0;
    std::string refusal_;  // why the last batch was rejected
    log_throttle dead_letter_log_{dead_letter_lines_max};
};

}  // namespace

std::unique_ptr<mysql_writer> make_mysql_writer(const mysql_options& options, const mysql_worker_options& worker,
                                                std::uint64_t partitions) {
    return std::make_unique<mysql_writer_impl>(options, worker, partitions);
}

}  // namespace confab::ledger::mysql
