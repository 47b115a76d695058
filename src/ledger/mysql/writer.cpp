// A batch as one transaction, over all partitions it came through.
//
// 1. load() begins it, locks the partitions' rows and checks the lease on them by the database's clock. From here to
//    the commit nobody else can own these partitions, however long this process is stopped.
// 2. What was passed before is told by its job. The rest of what decide() needs is read in few statements.
// 3. apply() writes the rows many at a time, then the counters, the positions and the commit in one round trip.
// 4. Whatever fails rolls back, and all that was known is dropped: also when only the reply of the commit was lost. The
//    entries are still in the queue, and are taken again; by then the position tells.
// 5. What this worker committed is never doubted: positions and counters below it end the worker (committed_marks.hpp).
#include "ledger/mysql/writer.hpp"

#include <fmt/core.h>

#include "base/log.hpp"
#include "base/log_throttle.hpp"
#include "core/command_summary.hpp"
#include "ledger/mysql/claims.hpp"
#include "ledger/mysql/commands_by_kind.hpp"
#include "ledger/mysql/committed_marks.hpp"
#include "ledger/mysql/database_clock.hpp"
#include "ledger/mysql/effects_by_kind.hpp"
#include "ledger/mysql/heads.hpp"
#include "ledger/mysql/jobs.hpp"
#include "ledger/mysql/leases.hpp"
#include "ledger/mysql/role.hpp"
#include "ledger/mysql/server.hpp"
#include "ledger/mysql/store.hpp"
#include "ledger/went_back.hpp"

namespace confab::ledger::mysql {
namespace {

constexpr std::string_view undecodable = "it cannot be read";
constexpr std::string_view refused_data = "the database refused its data";
constexpr std::int64_t purge_every_us = 60'000'000;
constexpr std::uint64_t purge_rows_max =
    500;  // in one go; if there are as many, the next batch is followed by the next

confab::mysql::connection_options connection_of(const mysql_options& options, const mysql_worker_options& worker) {
    auto how = connection_options_of(options);
    how.query_timeout = worker.commit_timeout;
    how.several_statements = true;
    // A worker that stops in the middle of a batch is not waited for: the server ends its session and frees its locks.
    how.at_start +=
        ";set session transaction isolation level read committed"
        ";set session wait_timeout = 5, innodb_lock_wait_timeout = 2";
    return how;
}

class batches final : public mysql_batches {
public:
    batches(const mysql_options& options, const mysql_worker_options& worker, std::uint64_t partitions)
        : describe_(worker.describe),
          note_after_messages_(worker.note_after_messages),
          db_(connection_of(options, worker)),
          leases_(partitions, worker.lease) {}

    awaitable<result<std::vector<core::partition_number>>> hold() override {
        if (!leases_.are_due()) co_return leases_.owned();
        try {
            co_await be_connected();
            co_await require_writable(db_);
            const bool has_changed = co_await leases_.hold(db_);
            must_forget_ = must_forget_ || has_changed;
            must_check_ = must_check_ || has_changed;
            if (must_check_) co_await marks_.check(db_);
            must_check_ = false;
            co_return leases_.owned();
        } catch (const confab::mysql::failure& cause) {
            give_up("holding partitions", cause);
            co_return error::unavailable;
        }
    }

    awaitable<void> release() override {
        try {
            co_await be_connected();
            co_await leases_.release(db_);
        } catch (const confab::mysql::failure& cause) {
            tell_failure("giving partitions up", cause);  // then others wait for the leases to end
        }
    }

    awaitable<result<void>> load(std::span<const core::command* const> commands, core::state& s) override {
        if (std::exchange(must_forget_, false)) s.clear();
        commands_ = commands;
        batch_ = commands_by_kind(commands);
        try {
            co_await be_connected();
            co_await ids_.reserve_chats(db_, batch_.new_chats, s);
            const bool is_ours = co_await begin();
            if (!is_ours) co_return lost();
            co_await ids_.provide_app(db_, batch_.new_apps, s);
            co_await load_heads(db_, batch_.named, s, claims_.clock());
            marks_.check(batch_.named, s);
            co_await load_outcomes_of_passed(s);
            co_return result<void>();
        } catch (const confab::mysql::failure& cause) {
            give_up("loading a batch", cause);
            co_return error::unavailable;
        } catch (const went_back&) {
            db_.close();  // nobody is to wait for the locks
            throw;
        }
    }

    awaitable<result<void>> apply(std::span<const core::effect> effects) override {
        const effects_by_kind sorted(effects);
        const auto tried = co_await try_to_apply(sorted);
        if (tried || tried.error() != error::rejected || commands_.size() > 1) co_return tried;
        const bool is_buried = co_await bury();
        if (!is_buried) co_return error::unavailable;
        co_return error::rejected;
    }

    awaitable<void> tidy(timestamp at) override {
        const bool clock_went_back = at.us + purge_every_us < next_purge_us_;
        if (at.us < next_purge_us_ && !clock_went_back) co_return;
        next_purge_us_ = at.us + purge_every_us;
        const auto& owned = leases_.owned();
        if (owned.empty() || owned.front() != 0) co_return;  // one worker does it for all
        try {
            co_await be_connected();
            const auto sql =
                fmt::format("delete from idempotency where expires_at <= {} + ? limit ?", database_time_sql);
            const auto gone = co_await db_.run(sql, at.us - now().us, purge_rows_max);
            if (gone.affected() >= purge_rows_max) next_purge_us_ = 0;
        } catch (const confab::mysql::failure& cause) {
            give_up("purging expired keys", cause);
        }
    }

private:
    awaitable<void> be_connected() {
        if (db_.is_usable()) co_return;
        co_await db_.open();
        must_check_ = true;
    }

    // False: a lease is lost.
    awaitable<bool> begin() {
        claims_ = {};
        co_return co_await claims_.begin(db_, batch_.partitions, leases_.owner(), marks_);
    }

    awaitable<void> roll_back() {
        try {
            co_await db_.query("rollback");
        } catch (const confab::mysql::failure&) {
            db_.close();  // which rolls back too
        }
    }

    error lost() {
        log::warning("a partition was taken over by another worker");
        db_.close();
        must_forget_ = true;
        leases_.doubt();
        return error::unavailable;
    }

    void give_up(std::string_view doing, const confab::mysql::failure& cause) {
        tell_failure(doing, cause);
        db_.close();
        must_forget_ = true;
        leases_.doubt();
    }

    // Commands that were passed before are not decided again.
    awaitable<void> load_outcomes_of_passed(core::state& s) {
        if (!claims_.has_passed_any()) co_return;
        std::vector<const core::command*> passed;
        for (const auto* c : commands_)
            if (has_passed(*c)) passed.push_back(c);
        co_await load_outcomes(db_, passed, s);
    }

    bool has_passed(const core::command& c) const { return c.came && claims_.has_passed(*c.came); }

    // False: between load() and now this process's clock was set, and what expires when cannot be told of this batch.
    bool is_clock_good(const effects_by_kind& effects) {
        if (effects.rows.keys.empty() || !claims_.clock().was_set()) return true;
        log::warning("this machine's clock was set within a batch, which is done again");
        db_.close();
        must_forget_ = true;
        return false;
    }

    awaitable<result<void>> try_to_apply(const effects_by_kind& effects) {
        if (!is_clock_good(effects)) co_return error::unavailable;
        bool is_refused = false;
        try {
            co_await store(db_, effects.rows, claims_.clock());
            for (const auto& [command, bytes] : batch_.unreadable)
                if (!has_passed(*command)) co_await keep_letter(*command, undecodable, bytes);
            const auto rest = counter_updates(effects.counters) +
                              notes_for_index(effects, note_after_messages_, claims_.clock()) + claims_.moves() +
                              "commit";
            co_await db_.query(rest);
            claims_.note_in(marks_);
            marks_.note(effects.counters);
            for (const auto& [command, bytes] : batch_.unreadable)
                if (!has_passed(*command)) log_dead_letter(*command, undecodable);
            co_return result<void>();
        } catch (const confab::mysql::failure& cause) {
            is_refused = cause.is_of_data();
            if (!is_refused) give_up("committing a batch", cause);
        }
        if (!is_refused) co_return error::unavailable;
        must_forget_ = true;
        co_await roll_back();
        co_return error::rejected;
    }

    // Passes over the only command of the batch for good, and keeps it for a person to look at.
    awaitable<bool> bury() {
        try {
            const bool is_ours = co_await begin();
            if (!is_ours) {
                lost();
                co_return false;
            }
            const auto& c = *commands_.front();
            if (c.came && describe_) {
                const auto bytes = describe_(c);
                co_await keep_letter(c, refused_data, bytes);
            }
            const auto rest = claims_.moves() + "commit";
            co_await db_.query(rest);
            claims_.note_in(marks_);
            log_dead_letter(c, refused_data);
            co_return true;
        } catch (const confab::mysql::failure& cause) {
            give_up("keeping a dead letter", cause);
            co_return false;
        }
    }

    awaitable<void> keep_letter(const core::command& c, std::string_view why, std::string_view bytes) {
        if (!c.came) co_return;
        const std::uint64_t p = c.came->partition;
        const confab::mysql::blob letter(reinterpret_cast<const std::byte*>(bytes.data()), bytes.size());
        co_await db_.run(
            "insert ignore into dead_letters(p, epoch, entry_ms, entry_seq, at, why, bytes) values(?, ?, ?, ?, ?, ?, "
            "?)",
            p, confab::mysql::blob(c.came->epoch), c.came->at.ms, c.came->at.seq, now().us, why, letter);
    }

    // Once it is committed.
    void log_dead_letter(const core::command& c, std::string_view why) {
        if (!c.came) return;
        const auto line =
            fmt::format("dead letter in partition {}, entry {}-{}: {}: {} (`confab jobs` lists them)",
                        c.came->partition, c.came->at.ms, c.came->at.seq, core::to_text(core::summary_of(c)), why);
        dead_letter_log_.error(why, line);
    }

    const std::function<std::string(const core::command&)> describe_;
    const std::uint64_t note_after_messages_;
    confab::mysql::connection db_;
    leases leases_;
    id_source ids_;
    claims claims_;
    std::span<const core::command* const> commands_;
    commands_by_kind batch_;
    committed_marks marks_;
    bool must_forget_ = false;
    bool must_check_ = false;
    std::int64_t next_purge_us_ = 0;
    log_throttle dead_letter_log_;
};

}  // namespace

std::unique_ptr<mysql_batches> make_mysql_batches(const mysql_options& options, const mysql_worker_options& worker,
                                                  std::uint64_t partitions) {
    return std::make_unique<batches>(options, worker, partitions);
}

}  // namespace confab::ledger::mysql
