// The writing connection, and the transaction on it that is committed later. This class is the only way to them.
//
// A batch is durable once the journal has its record. Its effects are written into the open transaction immediately.
// They are committed later, with those of many other batches, without a sync. Such a commit has only batches that the
// journal has on disk. So no reader sees data that a power cut could take away. The exception is write_synced(): it
// commits a batch that the journal does not have, alone and with a sync.
//
//                begin(), add()              begin(), add(), read()
//     (start) -> idle ------------------> open -------+
//                 ^  ^                    |  | ^      |
//                 |  +- committed, or an -+  | +------+
//                 |     empty one ended      |
//                 |                          | failure: rolled back
//                 |                          v
//                 +--- replay, commit --- needs_replay
//
//     any state --- close() ---> closed
//     idle --- write_synced() with outcome_unknown ---> closed
//
// - idle: no transaction is open, and all batches are committed. A failure changes nothing.
// - open: a transaction is open. It has all batches that are not committed. It is empty if there are none. A failure of
//   an empty transaction leads to idle.
// - needs_replay: SQLite or the caller's work failed, and the transaction was rolled back with its batches. SQLite
//   itself may roll back on any I/O error, full disk or lack of memory, also while it reads. Nothing is read or written
//   before a replay. A replay writes the batches again from their records, and commits them. A failed replay changes
//   nothing. add() only keeps its record for the replay.
// - closed: until a restart. read(), begin(), run_between_transactions() and write_synced() return writes_closed.
//   commit() and the timer replay the batches that are not committed.
//
// The batches are committed
// - by commit(), run_between_transactions(), write_synced() and close();
// - by end_batch(), if they reach a limit of sqlite_sizes;
// - by a timer, 250 ms after the first batch, and one second after each failure.
// In needs_replay all of these replay instead, and so do read() and begin(). Then each does its own work. An empty
// transaction is never committed. end_batch(), run_between_transactions(), write_synced() and close() end it.
//
// The destructor commits nothing.
// No acknowledged batch is lost when the process ends in any state: the next start replays the journal.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/require.hpp"
#include "base/timer_thread.hpp"
#include "core/batch_effects.hpp"
#include "drivers/sqlite/snapshot_pool.hpp"
#include "drivers/sqlite/sqlite.hpp"
#include "drivers/sqlite/wal_syncer.hpp"
#include "ledger/sqlite/commit_metadata.hpp"
#include "ledger/sqlite/effect_writer.hpp"
#include "ledger/sqlite/message_cache.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "ledger/sqlite/state_loader.hpp"
#include "ledger/sqlite/unapplied_writes.hpp"

namespace confab::ledger::sqlite {

// The statements of the writing connection.
struct write_statements {
    explicit write_statements(confab::sqlite::connection& db) : effects(db), loader(db, effects), metadata(db) {}

    effect_writer effects;
    state_loader loader;
    commit_metadata metadata;
};

// commit(), unapplied() and syncer(): any thread. Everything else: the writer's thread.
class deferred_transaction {
public:
    enum class state { idle, open, needs_replay, closed };

    // `db`: a connection to the file `database`. Throws sqlite::failure, startup_error. REQUIRES: the database is
    // migrated and has all batches of the journal; nobody else writes to it; `cache` and `snapshots` outlive this.
    deferred_transaction(confab::sqlite::connection db, const std::filesystem::path& database,
                         const sqlite_sizes& limits, message_cache& cache,
                         confab::sqlite::snapshot_registry& snapshots);
    deferred_transaction(const deferred_transaction&) = delete;
    deferred_transaction& operator=(const deferred_transaction&) = delete;

    // Runs work(state_loader&), which sees all batches, also those that are not committed. It may throw
    // sqlite::failure. Errors: unavailable, writes_closed.
    template <class Work>
    result<void> read(Work work) {
        const std::lock_guard lock(mutex_);
        if (auto done = replay_if_needed(); !done) return done;
        return rolls_back_on_failure([&] {
            roll_back_leftover();
            require_consistent();
            work(sql_.loader);
            require_consistent();
        });
    }

    // Leads to open, so that add() can write. Another program's lock may prevent that. Errors: unavailable,
    // writes_closed.
    result<void> begin();

    // Writes a batch that the journal has as record last_batch() + 1. The batch counts as done even if this fails: then
    // it is replayed. If there is no memory for it, the process ends before anybody can commit a part of it, and the
    // next start replays it. If commit() or the timer ended the transaction of begin() meanwhile, this begins another
    // one. Returns the number of batches that are not committed. REQUIRES: begin() succeeded since the last batch;
    // close() was not called since.
    std::size_t add(const core::batch_effects& effects, std::string record) noexcept;

    // Commits a batch that the journal does not have, alone and with a sync, as number last_batch() + 1. `journal_off`:
    // why the journal does not have it; nothing: the batch is too large for it.
    // Errors:
    // - unavailable: nothing of it is kept.
    // - outcome_unknown: the commit failed, and may still be on disk. Only the next start shows that. Writes are
    //   closed.
    // - writes_closed.
    result<void> write_synced(const core::batch_effects& effects, const std::optional<std::string>& journal_off);

    // Commits all batches. A reader of the ledger calls it when it needs one of them. Errors: unavailable.
    result<void> commit();
    // Call it between batches. Commits the batches if they reach a limit of sqlite_sizes, and ends an empty
    // transaction.
    void end_batch();

    // Commits all batches, then runs work(connection&, write_statements&) while no transaction is open. It may throw
    // sqlite::failure, which is passed on; the state is idle. `work` calls nothing of this class. Errors: unavailable,
    // writes_closed; then `work` does not run.
    template <class Work>
    result<void> run_between_transactions(Work work) {
        const std::lock_guard lock(mutex_);
        if (state_ == state::closed) return error::writes_closed;
        if (auto done = commit_pending(); !done) return done;
        end_transaction();
        roll_back_leftover();
        work(db_, sql_);
        require(!db_.in_transaction(), "work between transactions leaves none open");
        committed(sql_.metadata.applied());
        return {};
    }

    // Commits all batches if it can, and refuses others from now on. Readers of the ledger still see every acknowledged
    // batch, after commit().
    void close(std::string_view why);
    bool is_closed();

    // The number of the last batch, in the journal or committed.
    std::uint64_t last_batch();
    // The latest time that was written. REQUIRES: begin() succeeded since the last failure.
    timestamp latest_time();
    // The WAL's length after the last commit, in pages.
    int wal_pages();

    const unapplied_writes& unapplied() const { return unapplied_; }
    // Ends waits for unapplied writes (unapplied_writes.hpp). Any thread.
    void end_waits() { unapplied_.end_waits(); }
    confab::sqlite::wal_syncer& syncer() { return syncer_; }

private:
    // Batches that are not committed.
    struct pending_batches {
        std::vector<std::string> records;
        std::size_t effects = 0;
        std::size_t chats = 0;
        std::size_t bytes = 0;
    };

    // All below: with the mutex held.
    std::uint64_t last() const { return sql_.metadata.applied() + pending_.records.size(); }
    // Errors: unavailable (SQLite failed in `work`).
    template <class Work>
    result<void> rolls_back_on_failure(Work work) {
        try {
            work();
            return {};
        } catch (const confab::sqlite::failure& cause) {
            return rolled_back(cause);
        } catch (...) {
            roll_back();
            throw;
        }
    }

    result<void> replay_if_needed();
    void write_pending(const core::batch_effects& effects) noexcept;
    result<void> commit_pending();
    result<void> replay();
    void begin_transaction(confab::sqlite::sync_level level);
    void commit_open();
    void committed(std::uint64_t batch);
    void record_checkpoint();
    void end_transaction();
    void roll_back_leftover();
    void roll_back();
    error rolled_back(const confab::sqlite::failure& cause);
    void close_now(std::string_view why);
    void require_open() const;
    void require_consistent() const;

    std::mutex mutex_;
    confab::sqlite::connection db_;
    write_statements sql_;
    std::optional<confab::sqlite::transaction> transaction_;
    state state_ = state::idle;
    pending_batches pending_;
    unapplied_writes unapplied_;
    message_cache& cache_;
    confab::sqlite::snapshot_registry& snapshots_;
    confab::sqlite::wal_syncer syncer_;
    const sqlite_sizes limits_;
    timer_thread timer_;  // last: its thread uses all of the rest
};

}  // namespace confab::ledger::sqlite
