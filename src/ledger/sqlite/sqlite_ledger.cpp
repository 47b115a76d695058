#include "ledger/sqlite/sqlite_ledger.hpp"

#include <fmt/core.h>

#include "base/log.hpp"
#include "ledger/sqlite/batch_codec.hpp"
#include "ledger/sqlite/batch_log.hpp"
#include "ledger/sqlite/data_folder.hpp"
#include "ledger/sqlite/effect_writer.hpp"
#include "ledger/sqlite/reader.hpp"
#include "ledger/sqlite/schema.hpp"
#include "ledger/sqlite/writer.hpp"

namespace confab::ledger {
namespace {

constexpr int settle_wait_ms = 30'000;
constexpr std::size_t hot_bytes_max = 64 * 1024 * 1024;

void log_ahead(sqlite::connection& db, const std::filesystem::path& file) {
    auto mode = db.prepare("pragma journal_mode = wal");
    const sqlite::reading until_done(mode);
    if (!mode.row() || mode.text(0) != "wal")
        throw startup_error(fmt::format("{} cannot be kept with a write-ahead log on this file system", file.string()));
}

// Moves all that the last server left in the log into the database, and syncs it, before anything is answered from it.
// After a failed sync, or a kill between writing and syncing, the log may be readable from the page cache and yet not
// be on disk; writing on behind it, or answering a retry out of it, would promise what a power cut takes away.
void settle_log(sqlite::connection& db, const std::filesystem::path& file) {
    db.wait_for_locks(settle_wait_ms);
    if (!db.checkpoint(sqlite::connection::checkpoint_kind::truncate))
        throw startup_error(fmt::format(
            "{} is being read by another program; the log of the last run cannot be settled", file.string()));
}

// Writes what was acknowledged and is in the batch log alone.
void catch_up(sqlite::connection& db, const std::filesystem::path& file) {
    const auto records = batch_log::read(file.parent_path(), identity_of(db), batches_reached(db));
    if (records.empty()) return;
    sqlite::transaction all(db, sqlite::transaction::kind::write);
    effect_writer effects(db);
    for (const auto& record : records) {
        const auto batch = decoded_batch::from(record.bytes);
        if (!batch) throw startup_error(fmt::format("the batch log of {} is corrupt", file.string()));
        effects.write(batch->effects());
    }
    effects.write_counters();
    prepare_batches_reached(db).bind(records.back().number).run();
    all.commit();
    log::info(fmt::format("{} batches that only the batch log had are in the database", records.size()));
}

sqlite::connection open_for_writing(const std::filesystem::path& file) {
    try {
        sqlite::connection db(file, sqlite::access::create);
        require_ours(db);  // before anything is changed
        // A page cache of 16 MiB; a log that shrinks back after a burst; commits without a sync, since the batch log has
        // what is in them; what is deleted is overwritten.
        db.execute(
            "pragma synchronous = normal; pragma cache_size = -16384;"
            "pragma journal_size_limit = 67108864; pragma secure_delete = on; pragma trusted_schema = off");
        log_ahead(db, file);
        settle_log(db, file);
        migrate(db);
        give_identity(db);
        catch_up(db, file);
        settle_log(db, file);  // also before the batch log bears the identity: with another one, it would say nothing
        return db;
    } catch (const sqlite::failure& cause) {
        throw cannot_open(file, cause);
    }
}

std::unique_ptr<writer> open_writer(const std::filesystem::path& file, in_common& common) {
    auto db = open_for_writing(file);
    try {
        return make_sqlite_writer(std::move(db), file, common);
    } catch (const sqlite::failure& cause) {
        throw cannot_open(file, cause);
    }
}

class opened final : public sqlite_ledger {
public:
    explicit opened(const sqlite_options& options)
        : folder_(options.folder),
          file_(data_folder::database_in(folder_.path())),
          writer_(open_writer(file_, common_)),
          reader_(make_sqlite_reader(file_, options.read_pool, common_, haste::at_once)),
          identity_(identity_of_sqlite_ledger(folder_.path())) {}

    ledger::reader& reader() override { return *reader_; }
    ledger::writer& writer() override { return *writer_; }
    void close_reads() override { reader_->close(); }
    const std::filesystem::path& folder() const override { return folder_.path(); }
    std::unique_ptr<ledger::reader> reader_on(asio::any_io_executor pool) override {
        return make_sqlite_reader(file_, std::move(pool), common_, haste::when_it_comes);
    }
    const std::string& identity() const override { return identity_; }

private:
    data_folder folder_;
    std::filesystem::path file_;
    in_common common_{hot_bytes_max};
    std::unique_ptr<ledger::writer> writer_;
    std::unique_ptr<closable_reader> reader_;
    std::string identity_;
};

}  // namespace

std::unique_ptr<sqlite_ledger> open_sqlite_ledger(const sqlite_options& options) {
    return std::make_unique<opened>(options);
}

std::size_t batches_waiting_in(const std::filesystem::path& folder) {
    const auto file = data_folder::database_in(folder);
    try {
        sqlite::connection db(file, sqlite::access::read_only);
        return batch_log::read(folder, identity_of(db), batches_reached(db)).size();
    } catch (const sqlite::failure& cause) {
        throw cannot_open(file, cause);
    }
}

std::string identity_of_sqlite_ledger(const std::filesystem::path& folder) {
    const auto file = data_folder::database_in(folder);
    try {
        sqlite::connection db(file, sqlite::access::read_only);
        return identity_of(db);
    } catch (const sqlite::failure& cause) {
        throw cannot_open(file, cause);
    }
}

}  // namespace confab::ledger
