#include "ledger/sqlite/recovery.hpp"

#include <fmt/core.h>

#include "base/log.hpp"
#include "journal/legacy_batches.hpp"
#include "ledger/sqlite/batch_codec.hpp"
#include "ledger/sqlite/commit_metadata.hpp"
#include "ledger/sqlite/data_folder.hpp"
#include "ledger/sqlite/effect_writer.hpp"
#include "ledger/sqlite/schema.hpp"

namespace confab::ledger::sqlite {
namespace {

std::string in_words(const journal::number_range& numbers) {
    return numbers.first == numbers.last ? fmt::format("batch {}", numbers.first)
                                         : fmt::format("batches {} to {}", numbers.first, numbers.last);
}

bool is_nonempty_file(const std::filesystem::path& file) {
    std::error_code missing;
    const auto bytes = std::filesystem::file_size(file, missing);
    return !missing && bytes > 0;
}

std::optional<std::string> mismatch_of(const journal::contents& found, const std::string& identity) {
    if (found.other_owner && identity.empty())
        return fmt::format("the journal belongs to ledger {}, whose database is missing", *found.other_owner);
    if (found.other_owner)
        return fmt::format("the journal belongs to ledger {}, the database belongs to ledger {}", *found.other_owner,
                           identity);
    if (found.missing)
        return fmt::format("the journal lacks {}, the next after the database, but has batches up to {}",
                           in_words(*found.missing), found.unreachable->last);
    return std::nullopt;
}

struct database_state {
    std::string identity;
    std::uint64_t applied = 0;
};

// Nothing: the file cannot be read alone. A crash in a checkpoint leaves such a file, and the WAL has the missing
// pages.
std::optional<database_state> state_without_wal(const std::filesystem::path& database) {
    try {
        confab::sqlite::connection db(database, confab::sqlite::access::immutable);
        const auto applied = recorded_batch(db);
        return applied ? std::optional(database_state{identity_of(db), *applied}) : std::nullopt;
    } catch (const confab::sqlite::failure&) {
        return std::nullopt;
    }
}

// Compares the database file with its WAL; see commit_metadata.hpp. To combine files that do not match would mix pages
// of two points in time. No option overrides that. Each number only grows, and they are read from the smallest on. So
// writes of a running server never look like a mismatch.
std::optional<std::string> wal_mismatch_of(const std::filesystem::path& folder, confab::sqlite::connection& db) {
    const auto checkpointed = checkpointed_batch(db);
    const auto in_file = state_without_wal(data_folder::database_in(folder));
    const database_state with_wal{identity_of(db), applied_batch(db)};
    if (!in_file) return std::nullopt;
    if (!in_file->identity.empty() && in_file->identity != with_wal.identity)
        return fmt::format("confab.db belongs to ledger {}, its WAL belongs to ledger {}", in_file->identity,
                           with_wal.identity);
    if (in_file->applied < checkpointed)
        return fmt::format("confab.db is older than its WAL: it ends with batch {}, the WAL lacks {}", in_file->applied,
                           in_words({in_file->applied + 1, checkpointed}));
    if (in_file->applied > with_wal.applied)
        return fmt::format("the WAL of confab.db is older than it: it ends with batch {}, confab.db with {}",
                           with_wal.applied, in_file->applied);
    return std::nullopt;
}

}  // namespace

bool has_database(const std::filesystem::path& folder) {
    return is_nonempty_file(data_folder::database_in(folder));
}

void require_no_orphaned_wal(const std::filesystem::path& folder) {
    if (!has_database(folder) && is_nonempty_file(folder / "confab.db-wal"))
        throw startup_error(
            fmt::format("data folder {}: confab.db is missing or empty, and its WAL is there. Put the files back that "
                        "belong together",
                        folder.string()));
}

unapplied_batches read_unapplied(const std::filesystem::path& folder, confab::sqlite::connection* db) {
    const auto identity = db ? identity_of(*db) : std::string();
    const auto applied = db ? applied_batch(*db) : 0;
    auto found = journal::read_after(folder, identity, applied);
    // A folder has the journal files of one version, except after an interrupted upgrade. Then the database has all
    // batches of the older files.
    if (found.records.empty() && !found.missing && !found.other_owner)
        found = journal::read_legacy_batches(folder, identity, applied);
    auto mismatch = mismatch_of(found, identity);
    unapplied_batches unapplied{std::move(found.records), std::move(mismatch), found.unreachable, {}};
    if (!db && !unapplied.mismatch && journal::has_legacy_batches(folder))
        unapplied.mismatch = "confab.db is missing or empty, and the batch log of version 0.1.0 is there";
    if (db) unapplied.wal_mismatch = wal_mismatch_of(folder, *db);
    return unapplied;
}

void replay(confab::sqlite::connection& db, const std::vector<journal::record>& batches) {
    if (batches.empty()) return;
    confab::sqlite::transaction all(db, confab::sqlite::transaction::kind::write);
    effect_writer effects(db);
    for (const auto& one : batches) {
        const auto batch = decoded_batch::from(one.payload);
        if (!batch) throw startup_error(fmt::format("batch {} of the journal cannot be decoded", one.number));
        effects.write(batch->effects());
    }
    effects.write_counters();
    commit_metadata(db).write(batches.back().number, std::nullopt, effects.take_latest());
    all.commit();
    log::info(fmt::format("batches replayed from the journal: {}", batches.size()));
}

}  // namespace confab::ledger::sqlite
