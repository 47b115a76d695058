#include "ledger/sqlite/sqlite_ledger.hpp"

#include <fmt/core.h>

#include <chrono>
#include <thread>

#include "base/log.hpp"
#include "journal/legacy_batches.hpp"
#include "ledger/sqlite/data_folder.hpp"
#include "ledger/sqlite/reader.hpp"
#include "ledger/sqlite/recovery.hpp"
#include "ledger/sqlite/schema.hpp"
#include "ledger/sqlite/writer.hpp"

namespace confab::ledger::sqlite {
namespace {

constexpr int read_attempts_max = 5;
constexpr std::chrono::milliseconds between_attempts{20};
constexpr int checkpoint_wait_ms = 30'000;
constexpr std::size_t cache_bytes_max = 64 * 1024 * 1024;

void enable_wal(confab::sqlite::connection& db, const std::filesystem::path& file) {
    auto mode = db.prepare("pragma journal_mode = wal");
    const confab::sqlite::reset_guard until_done(mode);
    if (!mode.row() || mode.text(0) != "wal")
        throw startup_error(
            fmt::format("{}: this file system does not support a write-ahead log (WAL)", file.string()));
}

// Writes all of the last server's WAL into the database file, and syncs it, before any request is answered. After a
// failed sync, or a kill between write and sync, the WAL may be readable from the page cache without being on disk. To
// append to it, or to answer a retry from it, would promise data that a power cut takes away.
void checkpoint_wal(confab::sqlite::connection& db, const std::filesystem::path& file) {
    db.wait_for_locks(checkpoint_wait_ms);
    if (!db.checkpoint(confab::sqlite::connection::checkpoint_kind::truncate))
        throw startup_error(fmt::format(
            "{} is being read by another program, so the WAL of the last run cannot be checkpointed", file.string()));
}

[[noreturn]] void refuse(const std::filesystem::path& folder, const std::string& why) {
    throw startup_error(
        fmt::format("data folder {}: {}. Put the files back that belong together, or start once with "
                    "--journal-gap=ignore to discard batches that cannot be replayed",
                    folder.string(), why));
}

// The batches to replay. Throws startup_error if the journal does not fit the database, unless the options ignore that.
std::vector<journal::record> accepted(unapplied_batches found, const sqlite_options& options) {
    if (found.wal_mismatch)
        throw startup_error(
            fmt::format("data folder {}: {}. Put the files back that belong together, or move confab.db-wal "
                        "aside and start once with --journal-gap=ignore to continue with confab.db alone",
                        options.folder.string(), *found.wal_mismatch));
    if (!found.mismatch) return std::move(found.batches);
    if (!options.ignores_journal_gap) refuse(options.folder, *found.mismatch);
    log::warning(fmt::format("ignored (--journal-gap=ignore): {}", *found.mismatch));
    if (found.given_up)
        log::warning(fmt::format("discarded: batches {} to {}", found.given_up->first, found.given_up->last));
    else
        log::warning("discarded: all batches of that journal; which batches of this ledger are missing is unknown");
    return std::move(found.batches);
}

// 1. Nothing is written before it is certain that the files belong together. Closing the connection writes nothing
//    either.
// 2. The WAL is written into the database file and synced before the journal is replayed: see checkpoint_wal.
// 3. The journal's files are removed only when the database has everything on disk.
confab::sqlite::connection open_for_writing(const std::filesystem::path& file, const sqlite_options& options) {
    const auto folder = file.parent_path();
    try {
        require_no_orphaned_wal(folder);
        std::optional<std::vector<journal::record>> batches;
        if (!has_database(folder)) batches = accepted(read_unapplied(folder, nullptr), options);
        confab::sqlite::connection db(file, confab::sqlite::access::create);
        db.checkpoint_on_close(false);  // only an orderly end of the writer turns it on
        const bool is_empty = require_ours(db) == 0;
        if (!batches) batches = accepted(read_unapplied(folder, is_empty ? nullptr : &db), options);
        if (is_empty) migrate(db);  // before it has a WAL: so we never leave an empty file beside a WAL
        // A page cache of 16 MiB. A WAL that shrinks back after a burst. Commits without a sync, since the journal has
        // their batches. Deleted content is overwritten.
        db.execute(
            "pragma synchronous = normal; pragma cache_size = -16384;"
            "pragma journal_size_limit = 67108864; pragma secure_delete = on; pragma trusted_schema = off");
        enable_wal(db, file);
        checkpoint_wal(db, file);
        migrate(db);
        ensure_identity(db);
        ensure_generation(db);
        // Followers may know positions of batches that are given up. Their numbers are given again. Not every such
        // batch shows: an operator may also have moved the WAL aside.
        if (options.ignores_journal_gap) renew_generation(db);
        replay(db, *batches);
        checkpoint_wal(db, file);
        if (const auto removed = journal::remove_legacy_batches(folder); !removed)
            throw startup_error(fmt::format("{}: the files of an older version cannot be removed: {}", folder.string(),
                                            removed.error().message()));
        return db;
    } catch (const confab::sqlite::failure& cause) {
        throw cannot_open(file, cause);
    }
}

core::generation generation_of_sqlite_ledger(const std::filesystem::path& file) {
    confab::sqlite::connection db(file, confab::sqlite::access::read_only);
    return generation_of(db);
}

class sqlite_ledger_impl final : public sqlite_ledger {
public:
    explicit sqlite_ledger_impl(const sqlite_options& options)
        : folder_(options.folder),
          file_(data_folder::database_in(folder_.path())),
          transaction_(open_for_writing(file_, options), file_, options.sizes, cache_, snapshots_),
          identity_(identity_of_sqlite_ledger(folder_.path())),
          generation_(generation_of_sqlite_ledger(file_)),
          writer_(make_sqlite_writer({transaction_, snapshots_, file_, identity_, options.sizes})),
          reader_(make_sqlite_reader(reader_options_for(options.read_pool, unapplied_policy::commit))) {}

    ledger::readers& reader() override { return *reader_; }
    ledger::writer& writer() override { return *writer_; }
    void close_reads() override {
        reader_->close();
        transaction_.end_waits();
    }
    const std::filesystem::path& folder() const override { return folder_.path(); }
    std::unique_ptr<ledger::readers> reader_on(asio::any_io_executor pool) override {
        return make_sqlite_reader(reader_options_for(std::move(pool), unapplied_policy::wait));
    }
    const std::string& identity() const override { return identity_; }
    std::uint64_t batches_without_journal() const override { return writer_->batches_without_journal(); }

private:
    reader_options reader_options_for(asio::any_io_executor pool, unapplied_policy policy) {
        return {file_, std::move(pool), policy, generation_, transaction_, cache_, snapshots_};
    }

    data_folder folder_;
    std::filesystem::path file_;
    message_cache cache_{cache_bytes_max};
    confab::sqlite::snapshot_registry snapshots_;
    deferred_transaction transaction_;
    std::string identity_;
    core::generation generation_;
    std::unique_ptr<journaling_writer> writer_;
    std::unique_ptr<closable_reader> reader_;
};

}  // namespace

std::unique_ptr<sqlite_ledger> open_sqlite_ledger(const sqlite_options& options) {
    try {
        return std::make_unique<sqlite_ledger_impl>(options);
    } catch (const confab::sqlite::failure& cause) {
        throw cannot_open(data_folder::database_in(options.folder), cause);
    }
}

journal_report journal_of(const std::filesystem::path& folder) {
    require_no_orphaned_wal(folder);
    const auto file = data_folder::database_in(folder);
    try {
        confab::sqlite::connection db(file, confab::sqlite::access::read_only);
        auto found = read_unapplied(folder, &db);
        // A server may have restarted a segment between two of our reads.
        for (int attempt = 1; (found.mismatch || found.wal_mismatch) && attempt < read_attempts_max; ++attempt) {
            std::this_thread::sleep_for(between_attempts);
            found = read_unapplied(folder, &db);
        }
        auto mismatch = found.wal_mismatch ? std::move(found.wal_mismatch) : std::move(found.mismatch);
        return {found.batches.size(), std::move(mismatch), journal_off_reason(db)};
    } catch (const confab::sqlite::failure& cause) {
        throw cannot_open(file, cause);
    }
}

std::string identity_of_sqlite_ledger(const std::filesystem::path& folder) {
    require_no_orphaned_wal(folder);
    const auto file = data_folder::database_in(folder);
    try {
        confab::sqlite::connection db(file, confab::sqlite::access::read_only);
        return identity_of(db);
    } catch (const confab::sqlite::failure& cause) {
        throw cannot_open(file, cause);
    }
}

}  // namespace confab::ledger::sqlite
