#include "ledger/sqlite/recovery.hpp"

#include <fmt/core.h>

#include "base/log.hpp"
#include "ledger/sqlite/batch_codec.hpp"
#include "ledger/sqlite/effect_writer.hpp"
#include "ledger/sqlite/legacy_batches.hpp"
#include "ledger/sqlite/schema.hpp"

namespace confab::ledger {
namespace {

std::string in_words(const journal::number_range& numbers) {
    return numbers.first == numbers.last ? fmt::format("batch {}", numbers.first)
                                         : fmt::format("batches {} to {}", numbers.first, numbers.last);
}

bool is_filled(const std::filesystem::path& file) {
    std::error_code missing;
    const auto bytes = std::filesystem::file_size(file, missing);
    return !missing && bytes > 0;
}

// What cannot be without a database: no crash leaves it so. An empty database and a WAL with the schema is what is left
// of a start that failed while it created the ledger.
std::optional<std::string> orphan_in(const std::filesystem::path& folder) {
    if (is_filled(folder / "confab.db-wal") && !std::filesystem::exists(folder / "confab.db"))
        return "confab.db is missing, and its WAL is there";
    if (has_legacy_batches(folder)) return "confab.db is missing or empty, and the batch log of version 0.1.0 is there";
    return std::nullopt;
}

std::optional<std::string> mismatch_of(const journal::contents& found, const std::string& identity) {
    if (found.other_owner && identity.empty())
        return fmt::format("the journal is that of ledger {}, whose database is missing", *found.other_owner);
    if (found.other_owner)
        return fmt::format("the journal is that of ledger {}, the database is that of ledger {}", *found.other_owner,
                           identity);
    if (found.missing)
        return fmt::format("the journal lacks {}, which the database needs next, and has later ones up to {}",
                           in_words(*found.missing), found.unreachable->last);
    return std::nullopt;
}

}  // namespace

unapplied_batches read_unapplied(const std::filesystem::path& folder, sqlite::connection* db) {
    const auto identity = db ? identity_of(*db) : std::string();
    const auto applied = db ? applied_batch(*db) : 0;
    auto found = journal::read_after(folder, identity, applied);
    // A folder has the files of one version, unless an upgrade was interrupted: then the database has all of the older
    // ones.
    if (found.records.empty() && !found.missing && !found.other_owner)
        found = read_legacy_batches(folder, identity, applied);
    auto mismatch = mismatch_of(found, identity);
    if (!db && !mismatch) mismatch = orphan_in(folder);
    return {std::move(found.records), std::move(mismatch), found.unreachable};
}

void replay(sqlite::connection& db, const std::vector<journal::record>& batches) {
    if (batches.empty()) return;
    sqlite::transaction all(db, sqlite::transaction::kind::write);
    effect_writer effects(db);
    for (const auto& one : batches) {
        const auto batch = decoded_batch::from(one.payload);
        if (!batch) throw startup_error(fmt::format("batch {} of the journal cannot be decoded", one.number));
        effects.write(batch->effects());
    }
    effects.write_counters();
    prepare_applied_batch(db).bind(batches.back().number).run();
    all.commit();
    log::info(fmt::format("batches replayed from the journal: {}", batches.size()));
}

}  // namespace confab::ledger
