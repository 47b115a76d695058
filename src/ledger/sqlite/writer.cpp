// A batch is durable once it stands in the journal. The database follows, many batches in one transaction.
//
// 1. load() reads the counters, messages and keys that a batch names and the state lacks. There is one writer, so what
// it read stays true. It reads on the writing connection and so sees what is not committed yet.
// 2. apply() begins a transaction if none is open. Another program's lock may prevent that; then nothing was done. It
// appends the effects to the journal, one sync, and only then writes them, in their order, into the open transaction.
// 3. The transaction is committed without a sync of its own, with the number of its last batch in it: after some
// thousand effects, after a moment in which nobody asked, or at once when a read needs it (lag.hpp). It holds only what
// the journal has on disk, so no reader ever sees what a power cut could take away. What a power cut takes of the WAL
// the next start replays.
// 4. Where the journal is off or a batch is very large, that batch is a transaction of its own with a sync of its own.
// 5. After a failed sync it is open what is on the disk: the kernel may drop the pages it could not write and report
// the next sync as fine. So the writer closes for good: outcome_unknown once, writes_closed from then on. The next
// start puts all that can still be read into the database, and syncs that, before it answers anybody. A full disk is
// different: nothing is kept, neither of a record without its end nor of a commit without its last page.
// 6. After any failure on the writing connection the open transaction is rolled back, if SQLite has not done so itself.
// Its batches are replayed from their records before anything else is read or written; until then their chats are not
// read.
// 7. tidy() has the WAL moved into the database, and purges expired keys.
#include "ledger/sqlite/writer.hpp"

#include <fmt/core.h>

#include <atomic>
#include <mutex>
#include <optional>

#include "base/log.hpp"
#include "base/require.hpp"
#include "journal/journal.hpp"
#include "ledger/sqlite/batch_codec.hpp"
#include "ledger/sqlite/commit_stamp.hpp"
#include "ledger/sqlite/effect_writer.hpp"
#include "ledger/sqlite/head_loader.hpp"
#include "ledger/sqlite/journal_switch.hpp"
#include "ledger/sqlite/key_purge.hpp"
#include "ledger/sqlite/lag_watch.hpp"
#include "ledger/sqlite/log_mover.hpp"
#include "ledger/sqlite/schema.hpp"

namespace confab::ledger {
namespace {

constexpr int restart_wait_ms = 200;  // a read is one short slice, so this is ample
class sqlite_writer final : public writer {
public:
    sqlite_writer(sqlite::connection db, const std::filesystem::path& database, const sqlite_sizes& sizes,
                  in_common& common)
        : sizes_(sizes),
          db_(std::move(db)),
          hot_(common.hot),
          lag_(common.lag),
          snapshots_(common.snapshots),
          stamp_(db_),
          purge_(db_),
          effects_(db_),
          heads_(db_, effects_),
          number_(stamp_.applied()),
          journal_({.folder = database.parent_path(),
                    .owner = identity_of(db_),
                    .segment_bytes = sizes.journal_segment_bytes,
                    .following_file = database}),
          journal_switch_(db_, journal_, common.batches_without_journal),
          checkpoint_due_(sizes.checkpoint_wal_pages),
          mover_(database.string()),
          folder_(database.parent_path()),
          watch_(database, [this] { catch_up(); }) {
        db_.wait_for_locks(restart_wait_ms);
        lag_.caught_up(number_);
        lag_.catch_up = [this] { return catch_up(); };
    }

    // Records that are still pending stay in the log, for the next start.
    ~sqlite_writer() override {
        try {
            if (!closed_ && catch_up() && db_.checkpoint(sqlite::connection::checkpoint_kind::truncate)) {
                journal::remove_segments(folder_);
                db_.checkpoint_on_close(true);  // removes the empty WAL; a WAL that failed to sync is the next start's
            }
        } catch (const std::exception& cause) {
            log::error(fmt::format("the journal is left to the next start: {}", cause.what()));
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
        if (!journal_switch_.is_on() || record.size() > sizes_.transaction_bytes_max) co_return apply_alone(effects);
        if (auto begun = begin(); !begun) co_return begun;
        journal_.recycle_up_to(watch_.on_disk());
        using outcome = journal::journal::outcome;
        const auto appended = journal_.append(number_ + 1, record);
        if (appended == outcome::no_space) co_return give_up();
        if (appended == outcome::unknown) {
            close("writing the journal failed");
            co_return error::outcome_unknown;
        }
        write_logged(effects, std::move(record));
        co_return result<void>();
    }

    awaitable<void> tidy(timestamp now) override {
        if (closed_) co_return;
        try {
            wait_for_checkpointer();
            const std::lock_guard lock(mutex_);
            if (is_large() && !catch_up_now()) co_return;
            move_log();
            purge(now);
        } catch (const sqlite::failure& cause) {
            const auto why = fmt::format("cannot tidy the ledger: {} ({})", cause.what(), cause.code());
            const bool passes = cause.is_disk_full() || cause.is_busy() || cause.is_out_of_memory();
            passes ? log::warning(why) : close_now(why);
        }
    }

private:
    // Once the WAL is long, commits are held back until the checkpointer is through; reads are not.
    void wait_for_checkpointer() {
        if (is_moving_ && wal_pages_ >= sizes_.restart_wal_pages) mover_.settle();
    }

    // Nothing is logged before it is sure that nobody else is writing.
    result<void> begin() {
        const std::lock_guard lock(mutex_);
        if (is_stuck_ && !catch_up_again()) return error::unavailable;
        try {
            require_transaction();
            if (!open_) begin_transaction();
            return {};
        } catch (const sqlite::failure& cause) {
            return refused(cause);
        }
    }

    error give_up() {
        const std::lock_guard lock(mutex_);
        if (!is_behind()) open_.reset();
        log::error("a batch was not written: there is no room left for the journal");
        return error::unavailable;
    }

    // The batch is done, whatever becomes of it here. Without memory for it the process ends while nobody else can
    // commit a part of it, and the next start replays it.
    void write_logged(std::span<const core::effect> effects, std::string record) noexcept {
        const std::lock_guard lock(mutex_);
        const bool was_behind = is_behind();
        ++number_;
        is_journal_half_full_ = journal_.is_half_full();
        pending_chats_ += lag_.mark(effects, number_);
        pending_effects_ += effects.size();
        pending_bytes_ += record.size();
        pending_.push_back(std::move(record));
        if (!was_behind) watch_.begin();
        const hot_rows::changing until_done(hot_, effects);
        if (is_stuck_) return;  // another thread's commit failed meanwhile: the replay writes this record too
        try {
            if (!open_) begin_transaction();
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
        if (!end_transaction()) return error::unavailable;
        bool committing = false;
        const hot_rows::changing until_done(hot_, effects);
        try {
            set_synchronous(synchronous::full);
            sqlite::transaction alone(db_, sqlite::transaction::kind::write);
            effects_.write(effects);
            effects_.write_counters();
            journal_switch_.record(db_, false);
            stamp_.write(number_ + 1);
            committing = true;
            require(db_.in_transaction(), "a batch is committed in one transaction");
            alone.commit();
            ++number_;
            committed();
            journal_switch_.recorded(false);
            return {};
        } catch (const sqlite::failure& cause) {
            effects_.forget_counters();
            if (!committing || cause.is_disk_full() || cause.is_busy()) return refused(cause);
            close_now(fmt::format("committing failed: {} ({})", cause.what(), cause.code()));
            return error::outcome_unknown;
        }
    }

    enum class synchronous { normal, full };
    // SQLite takes it between transactions only. Whoever begins one says what it needs, so that no failure leaves
    // another one's level behind.
    void set_synchronous(synchronous level) {
        if (level == synchronous_) return;
        db_.execute(level == synchronous::full ? "pragma synchronous = full" : "pragma synchronous = normal");
        synchronous_ = level;
    }

    void begin_transaction() {
        set_synchronous(synchronous::normal);
        open_.emplace(db_, sqlite::transaction::kind::write);
    }

    void committed() {
        snapshots_.committed();
        stamp_.committed(number_, db_.wal_pages());
        lag_.caught_up(number_);
    }

    bool is_behind() const { return !pending_.empty(); }

    // Pending effects stand in the open transaction, unless they were rolled back and wait for their replay. SQLite
    // itself rolls back on I/O errors and lack of memory, also while it reads; what is written after that is committed
    // at once, one statement at a time, and a later replay would write it again.
    void require_transaction() const {
        require(is_stuck_ || open_.has_value() == db_.in_transaction(), "the writer's transaction is open");
        require(is_stuck_ || !is_behind() || open_, "pending effects stand in a transaction");
    }

    bool is_large() const {
        return pending_effects_ >= sizes_.transaction_effects_max || pending_chats_ >= sizes_.transaction_chats_max ||
               pending_bytes_ >= sizes_.transaction_bytes_max;
    }

    // Commits the open transaction. False: it could not be committed.
    bool end_transaction() {
        if (!catch_up_now()) return false;
        open_.reset();  // an empty one
        require(!db_.in_transaction(), "no transaction is open between two");
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

    result<void> catch_up_again() {
        try {
            open_.reset();
            if (db_.in_transaction()) db_.execute("rollback");
            begin_transaction();
            for (const auto& record : pending_) {
                const auto batch = decoded_batch::from(record);
                require(batch.has_value(), "a record that was encoded can be decoded");
                effects_.write(batch->effects());
            }
            commit();
            is_stuck_ = false;
            log::info("the database has all batches of the journal again");
            return {};
        } catch (const sqlite::failure& cause) {
            roll_back(cause);
            return error::unavailable;
        }
    }

    void commit() {
        effects_.write_counters();
        journal_switch_.record(db_, true);
        stamp_.write(number_);
        require(db_.in_transaction(), "pending effects are committed in one transaction");
        open_->commit();
        open_.reset();
        committed();
        pending_.clear();
        pending_effects_ = pending_chats_ = pending_bytes_ = 0;
        journal_switch_.recorded(true);
        watch_.caught_up(number_, is_journal_half_full_);
    }

    void roll_back(const sqlite::failure& cause) {
        open_.reset();
        effects_.forget_counters();
        is_stuck_ = true;
        log::error(fmt::format("the database cannot follow the journal: {} ({})", cause.what(), cause.code()));
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

    void close_now(std::string_view why) {
        closed_ = true;
        log::error(fmt::format("writes are closed until a restart: {}", why));
    }

    // Nearly all of the log is moved beside the commits, and what came meanwhile is moved here. Once all of it is, the
    // next commit starts it over, unless somebody reads from it at that moment. Then it goes on growing, and is only
    // looked at again when it has grown by as much.
    void move_log() {
        using kind = sqlite::connection::checkpoint_kind;
        const int pages = db_.wal_pages();
        if (pages < wal_pages_) checkpoint_due_ = sizes_.checkpoint_wal_pages;
        wal_pages_ = pages;
        if (is_moving_) {
            if (mover_.is_under_way()) return;
            is_moving_ = false;
            mover_.settle();
            if (!end_transaction()) return;
            const snapshots::pause none_is_kept(snapshots_);
            if (db_.checkpoint(pages < sizes_.restart_wal_pages ? kind::passive : kind::restart)) stamp_.checkpointed();
            checkpoint_due_ = pages + sizes_.checkpoint_wal_pages;
        } else if (pages >= checkpoint_due_) {
            snapshots_.let_go();
            mover_.begin();
            is_moving_ = true;
        }
    }

    void purge(timestamp now) {
        if (!purge_.is_due(now) || !end_transaction()) return;
        if (purge_.run(db_, now)) committed();
    }

    const sqlite_sizes sizes_;
    std::mutex mutex_;  // of the connection and all that goes with it: reads on other threads have it catch up
    sqlite::connection db_;
    hot_rows& hot_;
    lag& lag_;
    snapshots& snapshots_;
    commit_stamp stamp_;
    key_purge purge_;
    effect_writer effects_;
    head_loader heads_;
    std::optional<sqlite::transaction> open_;
    std::vector<std::string> pending_;  // the records in it
    std::size_t pending_effects_ = 0;
    std::size_t pending_chats_ = 0;
    std::size_t pending_bytes_ = 0;
    bool is_stuck_ = false;  // they were rolled back
    synchronous synchronous_ = synchronous::normal;
    std::atomic<bool> closed_ = false;
    std::uint64_t number_;  // of the last batch in the journal
    journal::journal journal_;
    journal_switch journal_switch_;
    bool is_journal_half_full_ = false;
    int wal_pages_ = 0;  // as of the last look
    int checkpoint_due_;
    log_mover mover_;
    bool is_moving_ = false;
    const std::filesystem::path folder_;
    lag_watch watch_;  // last: its thread uses all of the rest
};

}  // namespace

std::unique_ptr<writer> make_sqlite_writer(sqlite::connection db, const std::filesystem::path& database,
                                           const sqlite_sizes& sizes, in_common& common) {
    return std::make_unique<sqlite_writer>(std::move(db), database, sizes, common);
}

}  // namespace confab::ledger
