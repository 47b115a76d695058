#include "ledger/sqlite/deferred_transaction.hpp"

#include <fmt/core.h>

#include <chrono>

#include "base/log.hpp"
#include "ledger/sqlite/batch_codec.hpp"

namespace confab::ledger::sqlite {
namespace {

constexpr int lock_wait_ms = 200;  // long enough: a read is one short slice
constexpr std::chrono::milliseconds commit_wait{250};
constexpr std::chrono::seconds retry_wait{1};  // after a rollback of batches

}  // namespace

deferred_transaction::deferred_transaction(confab::sqlite::connection db, const std::filesystem::path& database,
                                           const sqlite_sizes& limits, message_cache& cache,
                                           confab::sqlite::snapshot_registry& snapshots)
    : db_(std::move(db)),
      sql_(db_),
      cache_(cache),
      snapshots_(snapshots),
      syncer_(database),
      limits_(limits),
      timer_([this] { commit(); }) {
    db_.wait_for_locks(lock_wait_ms);
    unapplied_.applied(last());
}

result<void> deferred_transaction::begin() {
    const std::lock_guard lock(mutex_);
    if (auto done = replay_if_needed(); !done) return done;
    if (state_ == state::open) return {};
    return rolls_back_on_failure([this] { begin_transaction(confab::sqlite::sync_level::normal); });
}

std::size_t deferred_transaction::add(const core::batch_effects& effects, std::string record) noexcept {
    const std::lock_guard lock(mutex_);
    require(state_ != state::closed, "no batch is added after the writes were closed");
    const auto batch = last() + 1;
    const message_cache::invalidation until_written(cache_, effects.changed_messages());
    if (effects.changes_apps()) unapplied_.mark_apps(batch);
    for (const auto& chat : effects.chats()) pending_.chats += unapplied_.mark(chat.id, batch);
    unapplied_.marked(batch);
    if (pending_.records.empty()) timer_.arm(commit_wait);
    pending_.effects += effects.size();
    pending_.bytes += record.size();
    pending_.records.push_back(std::move(record));
    // Another thread's commit may have failed meanwhile. Then the replay writes this record too.
    if (state_ != state::needs_replay) write_pending(effects);
    return pending_.records.size();
}

// noexcept: any other failure here ends the process while the mutex is held.
void deferred_transaction::write_pending(const core::batch_effects& effects) noexcept {
    rolls_back_on_failure([&] {
        if (state_ == state::idle)
            begin_transaction(confab::sqlite::sync_level::normal);  // it was committed, or ended empty, meanwhile
        require_open();
        sql_.effects.write(effects);
        require_open();
    });
}

result<void> deferred_transaction::write_synced(const core::batch_effects& effects,
                                                const std::optional<std::string>& journal_off) {
    const std::lock_guard lock(mutex_);
    if (state_ == state::closed) return error::writes_closed;
    if (auto done = commit_pending(); !done) return done;
    end_transaction();
    const message_cache::invalidation until_committed(cache_, effects.changed_messages());
    bool is_committing = false;
    try {
        begin_transaction(confab::sqlite::sync_level::full);
        sql_.effects.write(effects);
        sql_.effects.write_counters();
        sql_.metadata.write(last() + 1, journal_off, sql_.effects.take_latest());
        require_open();
        is_committing = true;
        transaction_->commit();
        end_transaction();
        committed(last() + 1);
        return {};
    } catch (const confab::sqlite::failure& cause) {
        const auto refused = rolled_back(cause);
        if (!is_committing || cause.is_disk_full() || cause.is_busy()) return refused;
        close_now("a synced commit failed");
        return error::outcome_unknown;
    } catch (...) {
        roll_back();
        throw;
    }
}

result<void> deferred_transaction::commit() {
    const std::lock_guard lock(mutex_);
    return commit_pending();
}

void deferred_transaction::end_batch() {
    const std::lock_guard lock(mutex_);
    const bool is_large = pending_.effects >= limits_.transaction_effects_max ||
                          pending_.chats >= limits_.transaction_chats_max ||
                          pending_.bytes >= limits_.transaction_bytes_max;
    if (is_large) commit_pending();
    if (pending_.records.empty()) end_transaction();
}

void deferred_transaction::close(std::string_view why) {
    const std::lock_guard lock(mutex_);
    close_now(why);
}

bool deferred_transaction::is_closed() {
    const std::lock_guard lock(mutex_);
    return state_ == state::closed;
}

std::uint64_t deferred_transaction::last_batch() {
    const std::lock_guard lock(mutex_);
    return last();
}

timestamp deferred_transaction::latest_time() {
    const std::lock_guard lock(mutex_);
    return std::max(sql_.metadata.latest_time(), sql_.effects.latest());
}

int deferred_transaction::wal_pages() {
    const std::lock_guard lock(mutex_);
    return db_.wal_pages();
}

result<void> deferred_transaction::replay_if_needed() {
    if (state_ == state::closed) return error::writes_closed;
    if (state_ == state::needs_replay) return replay();
    return {};
}

result<void> deferred_transaction::commit_pending() {
    if (pending_.records.empty()) return {};
    if (state_ != state::open) return replay();
    return rolls_back_on_failure([this] { commit_open(); });
}

result<void> deferred_transaction::replay() {
    return rolls_back_on_failure([this] {
        begin_transaction(confab::sqlite::sync_level::normal);
        for (const auto& record : pending_.records) {
            const auto batch = decoded_batch::from(record);
            require(batch.has_value(), "a record that was encoded can be decoded");
            sql_.effects.write(batch->effects());
        }
        commit_open();
        log::info("replayed the journal: the database has all batches again");
    });
}

void deferred_transaction::begin_transaction(confab::sqlite::sync_level level) {
    roll_back_leftover();
    db_.set_sync_level(level);  // SQLite accepts it only between transactions
    transaction_.emplace(db_, confab::sqlite::transaction::kind::write);
    if (state_ == state::idle) state_ = state::open;
}

void deferred_transaction::commit_open() {
    const auto batch = last();
    require_open();  // else each statement below would commit by itself, and mark the batches as applied
    sql_.effects.write_counters();
    sql_.metadata.write(batch, std::nullopt, sql_.effects.take_latest());
    require_open();
    transaction_->commit();
    pending_.records.clear();
    pending_ = {std::move(pending_.records)};
    if (state_ == state::needs_replay) state_ = state::idle;
    end_transaction();
    committed(batch);
}

void deferred_transaction::committed(std::uint64_t batch) {
    const bool is_wal_restarted = sql_.metadata.committed(batch, db_.wal_pages());
    snapshots_.committed();
    unapplied_.applied(batch);
    timer_.disarm();
    syncer_.committed(batch);
    if (is_wal_restarted) record_checkpoint();
}

// The commit that restarted the WAL could not record the checkpoint itself.
void deferred_transaction::record_checkpoint() {
    try {
        db_.set_sync_level(confab::sqlite::sync_level::normal);
        confab::sqlite::transaction stamped(db_, confab::sqlite::transaction::kind::write);
        sql_.metadata.repeat();
        stamped.commit();
        sql_.metadata.committed(sql_.metadata.applied(), db_.wal_pages());
        snapshots_.committed();
    } catch (const confab::sqlite::failure& cause) {
        log::warning(fmt::format("a checkpoint is not recorded before the next commit: {}", cause.what()));
    }
}

// Rolls back an open transaction.
void deferred_transaction::end_transaction() {
    transaction_.reset();
    if (state_ == state::open) state_ = state::idle;
}

// After a failed rollback, SQLite's transaction outlives ours, in any state. The next use of the connection ends it.
void deferred_transaction::roll_back_leftover() {
    if (!transaction_ && db_.in_transaction()) db_.execute("rollback");
}

void deferred_transaction::roll_back() {
    sql_.effects.clear_counters();
    end_transaction();
    if (pending_.records.empty()) return;
    if (state_ == state::idle) state_ = state::needs_replay;
    timer_.disarm();
    timer_.arm(retry_wait);
}

error deferred_transaction::rolled_back(const confab::sqlite::failure& cause) {
    roll_back();
    log::error(fmt::format(
        "{}: {} ({})", pending_.records.empty() ? "cannot use the database" : "cannot write batches into the database",
        cause.what(), cause.code()));
    return error::unavailable;
}

void deferred_transaction::close_now(std::string_view why) {
    log::error(fmt::format("writes are closed until a restart: {}", why));
    commit_pending();
    if (pending_.records.empty()) end_transaction();
    state_ = state::closed;
}

void deferred_transaction::require_open() const {
    require(transaction_ && db_.in_transaction(), "the writer's transaction is open");
}

void deferred_transaction::require_consistent() const {
    require(db_.in_transaction() == (state_ == state::open), "the writer's transaction is open when its state says so");
}

}  // namespace confab::ledger::sqlite
