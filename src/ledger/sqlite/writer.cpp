// A batch is on disk once it stands in the batch log; the database follows, many batches in one transaction.
//
// 1. load() reads the heads, messages and keys that a batch names and the state lacks. There is one writer, so what it
// read stays true. It reads on the writing connection and so sees what is not committed yet.
// 2. apply() begins a transaction if none is open, which somebody else's lock prevents, with nothing done; it appends the
// effects to the batch log, one sync, and only then writes them, in their order, into the open transaction.
// 3. The transaction is committed without a sync of its own, with the number of its last batch in it: after some thousand effects,
// after a moment in which nobody asked, or at once when a read needs it (lag.hpp). In it there is never anything that is not on disk in
// the log, so no reader ever sees what a power cut could take away. What a power cut takes of SQLite's log the next start
// writes again, from the batch log.
// 4. Where the log has no room or a batch is very large, that batch is a transaction of its own with a sync of its own.
// 5. A sync that fails leaves open what is on the disk, and after it the kernel may drop the pages it could not write and report
// the next sync as fine. So the writer closes for good: outcome_unknown once, writes_closed from then on. The next start
// puts all that can still be read into the database, and syncs that, before it answers anybody. A full disk is different:
// nothing is kept, neither of a record without its end nor of a commit without its last page.
// 6. A transaction that cannot be committed, or a batch that the database does not take after the log has it, is tried again from
// the records, which are kept until then; meanwhile nothing else is written, and what it touches is not read.
// 7. tidy() has SQLite's log moved into the database, and purges expired keys.
#include "ledger/sqlite/writer.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>

#include "base/log.hpp"
#include "base/require.hpp"
#include "ledger/sqlite/batch_codec.hpp"
#include "ledger/sqlite/batch_log.hpp"
#include "ledger/sqlite/effect_writer.hpp"
#include "ledger/sqlite/head_loader.hpp"
#include "ledger/sqlite/lag_watch.hpp"
#include "ledger/sqlite/log_mover.hpp"
#include "ledger/sqlite/rows.hpp"
#include "ledger/sqlite/schema.hpp"

namespace confab::ledger {
namespace {

constexpr int checkpoint_wal_pages = 1000;  // about 4 MiB: from here on the log is moved into the database
constexpr int restart_wal_pages = 6000;    // about 24 MiB: readers have kept the log from starting over; wait for them
constexpr int restart_wait_ms = 200;        // a read is one short slice, so this is ample
constexpr std::int64_t purge_every_us = 60'000'000;
constexpr std::size_t purge_rows_max =
    1'000;  // in one go; if there are as many, the next batch is followed by the next go

// A transaction is committed when it has so much in it: chats, as each is a page or two that the commit writes, and everybody
// waits for that; bytes of records, also of one alone, if it is to go through the log.
constexpr std::size_t transaction_effects_max = 10'000;
constexpr std::size_t transaction_chats_max = 1'000;
constexpr std::size_t transaction_bytes_max = 2 * 1024 * 1024;

struct statements {
    explicit statements(sqlite::connection& db)
        : reached(prepare_batches_reached(db)),
          expired_keys(db.prepare("select scope, key_hash from idempotency where expires_at <= ? limit ?")),
          delete_key(db.prepare("delete from idempotency where scope = ? and key_hash = ?")) {}

    sqlite::statement reached, expired_keys, delete_key;
};

class sqlite_writer final : public writer {
public:
    sqlite_writer(sqlite::connection db, const std::filesystem::path& database, in_common& common)
        : db_(std::move(db)),
          hot_(common.hot),
          lag_(common.lag),
          snapshots_(common.snapshots),
          sql_(db_),
          effects_(db_),
          heads_(db_, effects_),
          number_(batches_reached(db_)),
          log_(database.parent_path(), identity_of(db_)),
          has_room_(log_.has_room()),
          mover_(database.string()),
          watch_(database, [this] { catch_up(); }) {
        db_.wait_for_locks(restart_wait_ms);
        lag_.caught_up(number_);
        lag_.catch_up = [this] { return catch_up(); };
    }

    // Records that are still pending stay in the log, for the next start.
    ~sqlite_writer() override {
        try {
            if (!closed_ && catch_up() && is_all_on_disk()) log_.remove();
        } catch (const std::exception& cause) {
            log::error(fmt::format("the batch log is left to the next start: {}", cause.what()));
        }
    }

    awaitable<result<void>> load(std::span<const core::command* const> commands, core::state& s) override {
        const std::lock_guard lock(mutex_);
        if (closed_) co_return error::writes_closed;
        if (is_stuck_ && !catch_up_again()) co_return error::unavailable;
        try {
            require_transaction();
            heads_.load(commands, s);
            require_transaction();
            co_return result<void>();
        } catch (const sqlite::failure& cause) {
            log::error(fmt::format("cannot read the ledger: {} ({})", cause.what(), cause.code()));
            if (is_behind()) roll_back(cause);
            co_return error::unavailable;
        }
    }

    awaitable<result<void>> apply(std::span<const core::effect> effects) override {
        if (closed_) co_return error::writes_closed;
        if (effects.empty()) co_return result<void>();
        if (watch_.has_failed()) {
            close("syncing the database's log failed");
            co_return error::outcome_unknown;
        }
        auto record = encode(effects);
        if (!has_room_ || record.size() > transaction_bytes_max) co_return apply_alone(effects);
        if (auto begun = begin(); !begun) co_return begun;
        switch (log_.append(number_ + 1, record, watch_.on_disk())) {
            case batch_log::outcome::kept: break;
            case batch_log::outcome::no_room: co_return give_up();
            case batch_log::outcome::unknown: close("writing the batch log failed"); co_return error::outcome_unknown;
        }
        write_logged(effects, std::move(record));
        co_return result<void>();
    }

    awaitable<void> tidy(timestamp now) override {
        const std::lock_guard lock(mutex_);
        if (closed_) co_return;
        if (is_large() && !catch_up_now()) co_return;
        try {
            move_log();
            purge(now);
        } catch (const sqlite::failure& cause) {
            if (cause.is_disk_full() || cause.is_busy()) {
                log::warning(fmt::format("cannot tidy the ledger: {} ({})", cause.what(), cause.code()));
            } else {
                close_for(cause, "tidying");
            }
        }
    }

private:
    // Nothing is logged before it is sure that nobody else is writing.
    result<void> begin() {
        const std::lock_guard lock(mutex_);
        if (is_stuck_ && !catch_up_again()) return error::unavailable;
        try {
            require_transaction();
            if (!open_) open_.emplace(db_, sqlite::transaction::kind::write);
            return {};
        } catch (const sqlite::failure& cause) {
            return refused(cause);
        }
    }

    result<void> give_up() {
        const std::lock_guard lock(mutex_);
        log::error("a batch was not written: the batch log has no room left");
        if (pending_.empty()) open_.reset();
        return error::unavailable;
    }

    // The batch is done, whatever becomes of it here.
    void write_logged(std::span<const core::effect> effects, std::string record) {
        const std::lock_guard lock(mutex_);
        const bool was_behind = is_behind();
        ++number_;
        is_log_half_full_ = log_.is_half_full();
        pending_chats_ += lag_.mark(effects, number_);
        pending_effects_ += effects.size();
        pending_bytes_ += record.size();
        pending_.push_back(std::move(record));
        if (!was_behind) watch_.begin();
        const hot_rows::changing until_done(hot_, effects);
        if (is_stuck_) return;  // another thread's commit failed meanwhile: the replay writes this record too
        try {
            if (!open_) open_.emplace(db_, sqlite::transaction::kind::write);
            require_transaction();
            effects_.write(effects);
            require_transaction();
        } catch (const sqlite::failure& cause) {
            roll_back(cause);
        }
    }

    // As one transaction with a sync of its own.
    result<void> apply_alone(std::span<const core::effect> effects) {
        const std::lock_guard lock(mutex_);
        if (auto done = catch_up_now(); !done) return done;
        open_.reset();
        bool committing = false;
        const hot_rows::changing until_done(hot_, effects);
        try {
            db_.execute("pragma synchronous = full");
            sqlite::transaction alone(db_, sqlite::transaction::kind::write);
            effects_.write(effects);
            effects_.write_counters();
            committing = true;
            alone.commit();
            snapshots_.committed();
            db_.execute("pragma synchronous = normal");
            has_room_ = log_.has_room();
            return {};
        } catch (const sqlite::failure& cause) {
            effects_.forget_counters();
            if (!committing || cause.is_disk_full() || cause.is_busy()) return refused(cause);
            close_for(cause, "committing");
            return error::outcome_unknown;
        }
    }

    bool is_behind() const { return !pending_.empty(); }

    // Pending effects stand in the open transaction, unless they were rolled back and wait for their replay. SQLite itself
    // rolls back on I/O errors and lack of memory, also while it reads; what is written after that is committed at once, one statement
    // at a time, and a later replay would write it again.
    void require_transaction() const {
        require(is_stuck_ || open_.has_value() == db_.in_transaction(), "the writer's transaction is open");
        require(is_stuck_ || !is_behind() || open_, "pending effects stand in a transaction");
    }

    bool is_large() const {
        return pending_effects_ >= transaction_effects_max || pending_chats_ >= transaction_chats_max ||
               pending_bytes_ >= transaction_bytes_max;
    }

    // Whether it could be brought about that none is open.
    bool is_between_transactions() {
        if (!catch_up_now()) return false;
        open_.reset();
        return true;
    }

    // Any thread. Errors: unavailable.
    result<void> catch_up() {
        const std::lock_guard lock(mutex_);
        return catch_up_now();
    }

    result<void> catch_up_now() {
        if (is_stuck_) return catch_up_again();
        if (!is_behind()) return {};
        try {
            commit();
            return {};
        } catch (const sqlite::failure& cause) {
            roll_back(cause);
            return error::unavailable;
        }
    }

    // From the records of what was rolled back.
    result<void> catch_up_again() {
        try {
            open_.reset();
            if (db_.in_transaction()) db_.execute("rollback");
            open_.emplace(db_, sqlite::transaction::kind::write);
            for (const auto& record : pending_) effects_.write(decoded_batch::from(record).value().effects());
            commit();
            is_stuck_ = false;
            log::info("the database has caught up with the batch log");
            return {};
        } catch (const sqlite::failure& cause) {
            roll_back(cause);
            return error::unavailable;
        }
    }

    void commit() {
        effects_.write_counters();
        sql_.reached.bind(number_).run();
        require(db_.in_transaction(), "pending effects are committed in one transaction");
        open_->commit();
        open_.reset();
        snapshots_.committed();
        pending_.clear();
        pending_effects_ = pending_chats_ = pending_bytes_ = 0;
        has_room_ = log_.has_room();
        lag_.caught_up(number_);
        watch_.caught_up(number_, is_log_half_full_);
    }

    void roll_back(const sqlite::failure& cause) {
        open_.reset();
        effects_.forget_counters();
        is_stuck_ = true;
        log::error(fmt::format("the database cannot follow the batch log: {} ({})", cause.what(), cause.code()));
    }

    error refused(const sqlite::failure& cause) {
        log::error(fmt::format("a batch was rolled back: {} ({})", cause.what(), cause.code()));
        return error::unavailable;
    }

    // What was acknowledged is still to be read.
    void close(std::string_view why) {
        const std::lock_guard lock(mutex_);
        close_now(why);
        catch_up_now();
    }

    void close_for(const sqlite::failure& cause, std::string_view doing) {
        close_now(fmt::format("{} failed: {} ({})", doing, cause.what(), cause.code()));
    }

    void close_now(std::string_view why) {
        closed_ = true;
        log::error(fmt::format("writes are closed until a restart, since {}", why));
    }

    bool is_all_on_disk() {
        try {
            return db_.checkpoint(sqlite::connection::checkpoint_kind::truncate);
        } catch (const sqlite::failure& cause) {
            log::warning(fmt::format("the log is left to the next start: {} ({})", cause.what(), cause.code()));
            return false;
        }
    }

    // Nearly all of the log is moved beside the commits, and what came meanwhile is moved here. Once all of it is, the
    // next commit starts it over, unless somebody reads from it at that moment. Then it goes on growing, and is only
    // looked at again when it has grown by as much.
    void move_log() {
        using kind = sqlite::connection::checkpoint_kind;
        const int pages = db_.wal_pages();
        if (pages < wal_pages_) checkpoint_due_ = checkpoint_wal_pages;
        wal_pages_ = pages;
        if (is_moving_) {
            if (pages < restart_wal_pages && mover_.is_under_way()) return;
            is_moving_ = false;
            mover_.settle();
            if (!is_between_transactions()) return;
            const snapshots::pause none_is_kept(snapshots_);
            db_.checkpoint(pages < restart_wal_pages ? kind::passive : kind::restart);
            checkpoint_due_ = pages + checkpoint_wal_pages;
        } else if (pages >= checkpoint_due_) {
            snapshots_.let_go();
            mover_.begin();
            is_moving_ = true;
        }
    }

    void purge(timestamp now) {
        const bool clock_went_back = now.us + purge_every_us < next_purge_us_;
        if (now.us < next_purge_us_ && !clock_went_back) return;
        if (!is_between_transactions()) return;
        const auto expired = expired_keys(now);
        if (!expired.empty()) {
            sqlite::transaction all(db_, sqlite::transaction::kind::write);
            for (const auto& [scope, key_hash] : expired) sql_.delete_key.bind(scope, sqlite::blob(key_hash)).run();
            all.commit();
            snapshots_.committed();
        }
        if (expired.size() < purge_rows_max) next_purge_us_ = now.us + purge_every_us;
    }

    std::vector<std::pair<std::int64_t, digest>> expired_keys(timestamp now) {
        std::vector<std::pair<std::int64_t, digest>> found;
        sql_.expired_keys.bind(now.us, std::uint64_t{purge_rows_max});
        const sqlite::reading until_done(sql_.expired_keys);
        while (sql_.expired_keys.row()) {
            found.emplace_back(sql_.expired_keys.integer(0), digest_from(sql_.expired_keys.bytes(1)));
        }
        return found;
    }

    std::mutex mutex_;  // of the connection and all that goes with it: reads on other threads have it catch up
    sqlite::connection db_;
    hot_rows& hot_;
    lag& lag_;
    snapshots& snapshots_;
    statements sql_;
    effect_writer effects_;
    head_loader heads_;
    std::optional<sqlite::transaction> open_;
    std::vector<std::string> pending_;  // the records in it
    std::size_t pending_effects_ = 0;
    std::size_t pending_chats_ = 0;
    std::size_t pending_bytes_ = 0;
    bool is_stuck_ = false;  // they were rolled back
    std::atomic<bool> closed_ = false;
    std::uint64_t number_;  // of the last batch in the log
    batch_log log_;
    std::atomic<bool> has_room_;  // as of the last commit
    bool is_log_half_full_ = false;
    int wal_pages_ = 0;
    int checkpoint_due_ = checkpoint_wal_pages;
    log_mover mover_;
    bool is_moving_ = false;
    std::int64_t next_purge_us_ = 0;
    lag_watch watch_;  // last: its thread uses all of the rest
};

}  // namespace

std::unique_ptr<writer> make_sqlite_writer(sqlite::connection db, const std::filesystem::path& database,
                                           in_common& common) {
    return std::make_unique<sqlite_writer>(std::move(db), database, common);
}

}  // namespace confab::ledger
