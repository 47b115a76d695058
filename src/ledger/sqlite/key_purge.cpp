#include "ledger/sqlite/key_purge.hpp"

#include <utility>
#include <vector>

namespace confab::ledger {
namespace {

constexpr std::int64_t every_us = 60'000'000;
constexpr std::size_t rows_max =
    1'000;  // of one transaction; if there are as many, the next one follows after the next batch

}  // namespace

key_purge::key_purge(sqlite::connection& db)
    : expired_(db.prepare("select scope, key_hash from idempotency where expires_at <= ? limit ?")),
      remove_(db.prepare("delete from idempotency where scope = ? and key_hash = ?")) {}

bool key_purge::is_due(timestamp now) const {
    const bool clock_went_back = now.us + every_us < next_us_;
    return now.us >= next_us_ || clock_went_back;
}

bool key_purge::run(sqlite::connection& db, timestamp now) {
    // As bytes, so that a key whose hash is damaged is purged too.
    std::vector<std::pair<std::int64_t, std::vector<std::byte>>> found;
    {
        expired_.bind(now.us, std::uint64_t{rows_max});
        const sqlite::reading until_done(expired_);
        while (expired_.row()) {
            const auto hash = expired_.bytes(1);
            found.emplace_back(expired_.integer(0), std::vector(hash.begin(), hash.end()));
        }
    }
    if (!found.empty()) {
        sqlite::transaction all(db, sqlite::transaction::kind::write);
        for (const auto& [scope, key_hash] : found) remove_.bind(scope, sqlite::blob(key_hash)).run();
        all.commit();
    }
    if (found.size() < rows_max) next_us_ = now.us + every_us;
    return !found.empty();
}

}  // namespace confab::ledger
