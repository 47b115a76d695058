// How a batch is written:
//
// 1. load() reads the counters, messages and keys that a batch needs and the state lacks. There is one writer, so
//    loaded state stays valid. load() reads in the deferred transaction, and so sees batches that are not committed
//    yet.
// 2. apply() makes sure that the transaction is open. Another program's lock may prevent that; then nothing was done.
//    It appends the effects to the journal, with one sync. Only then it adds them to the transaction
//    (deferred_transaction.hpp).
// 3. A batch that is very large, or comes while the journal is off, is committed alone with a sync of its own.
// 4. After a failed sync nobody knows what is on disk: the kernel may drop the pages it could not write, and report the
//    next sync as successful. So the writer closes for good. It returns outcome_unknown once, and writes_closed from
//    then on. The next start writes everything that can still be read into the database, and syncs it, before it
//    answers any request. A full disk is different: nothing is kept, neither a record without its end nor a commit
//    without its last page.
// 5. Keys live longer while the clock is behind the latest written time (written_time.hpp). The journal has the longer
//    life.
// 6. maintain() checkpoints the WAL (checkpointer.hpp) and purges expired keys.
#include "ledger/sqlite/writer.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/log.hpp"
#include "drivers/sqlite/checkpointer.hpp"
#include "journal/journal.hpp"
#include "ledger/sqlite/batch_codec.hpp"
#include "ledger/sqlite/journal_use.hpp"
#include "ledger/sqlite/key_purge.hpp"
#include "ledger/sqlite/written_time.hpp"

namespace confab::ledger::sqlite {
namespace {

class sqlite_writer final : public journaling_writer {
public:
    explicit sqlite_writer(const writer_options& o)
        : transaction_(o.transaction),
          snapshots_(o.snapshots),
          folder_(o.database.parent_path()),
          record_bytes_max_(o.sizes.transaction_bytes_max),
          journal_({.folder = folder_,
                    .owner = o.identity,
                    .segment_bytes = o.sizes.journal_segment_bytes,
                    .store_file = o.database}),
          journal_use_(journal_),
          checkpointer_(o.database.string(), o.sizes.checkpoint) {}

    // Batches that cannot be committed stay in the journal for the next start.
    ~sqlite_writer() override {
        try {
            checkpointer_.wait();                            // else SQLite returns SQLITE_BUSY
            if (transaction_.syncer().has_failed()) return;  // the WAL may not be on disk as it reads
            transaction_.run_between_transactions([&](confab::sqlite::connection& db, write_statements&) {
                if (!db.checkpoint(confab::sqlite::connection::checkpoint_kind::truncate)) {
                    log::warning("another program reads the database, so its WAL and the journal are kept");
                    return;
                }
                journal::remove_segments(folder_);
                db.checkpoint_on_close(true);  // removes the empty WAL
            });
        } catch (const std::exception& cause) {
            log::error(fmt::format("the journal is kept for the next start: {}", cause.what()));
        }
    }

    awaitable<result<void>> load(std::span<const core::command* const> commands, core::state& s) override {
        co_return transaction_.read([&](state_loader& loader) { loader.load(commands, s); });
    }

    awaitable<result<void>> apply(const core::batch_effects& effects) override {
        if (effects.empty()) co_return result<void>();
        co_return write(effects);
    }

    awaitable<void> maintain(timestamp now) override {
        try {
            if (transaction_.is_closed()) co_return;
            if (close_after_failed_sync()) co_return;
            checkpointer_.wait_if_long();
            transaction_.end_batch();
            checkpoint();
            if (purge_.is_due(now))
                transaction_.run_between_transactions(
                    [&](confab::sqlite::connection& db, write_statements& sql) { purge_.run(db, sql.metadata, now); });
        } catch (const confab::sqlite::failure& cause) {
            const auto why = fmt::format("maintenance of the ledger failed: {} ({})", cause.what(), cause.code());
            const bool passes = cause.is_disk_full() || cause.is_busy() || cause.is_out_of_memory();
            passes ? log::warning(why) : transaction_.close(why);
        }
    }

    std::uint64_t batches_without_journal() const override { return journal_use_.batches_without(); }

private:
    using outcome = journal::journal::outcome;

    result<void> write(const core::batch_effects& effects) {
        if (auto ready = transaction_.begin(); !ready) return ready;
        if (close_after_failed_sync()) return error::outcome_unknown;
        if (const auto us = longer_life_of_keys(effects); us > 0) return write_begun(with_longer_life(effects, us));
        return write_begun(effects);
    }

    // 0 in the common cases: no keys (decided without a lock), or a clock that is not behind.
    std::int64_t longer_life_of_keys(const core::batch_effects& effects) {
        return effects.uses_keys() ? longer_life_us(transaction_.latest_time(), now()) : 0;
    }

    static core::batch_effects with_longer_life(const core::batch_effects& effects, std::int64_t us) {
        core::batch_effects changed;
        for (auto e : effects) {
            if (auto* const key = std::get_if<core::key_used>(&e)) key->expires_at.us += us;
            changed.add(e);
        }
        return changed;
    }

    // REQUIRES: the transaction was begun.
    result<void> write_begun(const core::batch_effects& effects) {
        auto& syncer = transaction_.syncer();
        auto record = encode(effects);
        if (journal_use_.off_reason() || record.size() > record_bytes_max_) return write_synced(effects);
        journal_.recycle_up_to(syncer.synced());
        switch (journal_.append(transaction_.last_batch() + 1, record)) {
            case outcome::no_space:
                return no_space();
            case outcome::unknown:
                transaction_.close("writing the journal failed");
                return error::outcome_unknown;
            case outcome::durable:
                break;
        }
        if (journal_.is_half_full()) syncer.request();
        if (transaction_.add(effects, std::move(record)) == 1) journal_use_.refresh();
        return {};
    }

    result<void> write_synced(const core::batch_effects& effects) {
        auto done = transaction_.write_synced(effects, journal_use_.off_reason());
        if (done && journal_use_.off_reason()) journal_use_.count_batch_without();
        journal_use_.refresh();
        return done;
    }

    error no_space() {
        log::error("a batch was not written: no space left for the journal");
        return error::unavailable;
    }

    bool close_after_failed_sync() {
        if (!transaction_.syncer().has_failed()) return false;
        transaction_.close("syncing the database's WAL failed");
        return true;
    }

    void checkpoint() {
        using step = confab::sqlite::checkpointer::step;
        switch (checkpointer_.next(transaction_.wal_pages())) {
            case step::none:
                return;
            case step::start:
                snapshots_.release_idle();
                checkpointer_.start();
                return;
            case step::finish:
                transaction_.run_between_transactions([&](confab::sqlite::connection& db, write_statements& sql) {
                    const confab::sqlite::snapshot_registry::pause none_is_kept(snapshots_);
                    if (checkpointer_.finish(db)) sql.metadata.checkpointed();
                });
        }
    }

    deferred_transaction& transaction_;
    confab::sqlite::snapshot_registry& snapshots_;
    const std::filesystem::path folder_;
    const std::size_t record_bytes_max_;
    journal::journal journal_;
    journal_use journal_use_;
    confab::sqlite::checkpointer checkpointer_;
    key_purge purge_;
};

}  // namespace

std::unique_ptr<journaling_writer> make_sqlite_writer(const writer_options& o) {
    return std::make_unique<sqlite_writer>(o);
}

}  // namespace confab::ledger::sqlite
