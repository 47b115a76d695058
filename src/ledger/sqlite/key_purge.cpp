#include "ledger/sqlite/key_purge.hpp"

#include <utility>
#include <vector>

#include "base/require.hpp"

namespace confab::ledger::sqlite {
namespace {

constexpr std::int64_t every_us = 60'000'000;
constexpr std::size_t rows_max = 1'000;  // of one transaction; after a full one, the next follows after the next batch

}  // namespace

bool key_purge::is_due(timestamp now) const {
    const bool clock_went_back = now.us + every_us < next_us_;
    return now.us >= next_us_ || clock_went_back;
}

void key_purge::run(confab::sqlite::connection& db, commit_metadata& metadata, timestamp now) {
    require(!db.in_transaction(), "keys are purged between two transactions");
    // Read as bytes, so that a key with a damaged hash is purged too.
    std::vector<std::pair<std::int64_t, std::vector<std::byte>>> found;
    {
        auto expired = db.prepare("select scope, key_hash from idempotency where expires_at <= ? limit ?");
        expired.bind(now.us, std::uint64_t{rows_max});
        while (expired.row()) {
            const auto hash = expired.bytes(1);
            found.emplace_back(expired.integer(0), std::vector(hash.begin(), hash.end()));
        }
    }
    if (!found.empty()) {
        auto remove = db.prepare("delete from idempotency where scope = ? and key_hash = ?");
        confab::sqlite::transaction all(db, confab::sqlite::transaction::kind::write);
        for (const auto& [scope, key_hash] : found) remove.bind(scope, confab::sqlite::blob(key_hash)).run();
        metadata.repeat();
        all.commit();
    }
    if (found.size() < rows_max) next_us_ = now.us + every_us;
}

}  // namespace confab::ledger::sqlite
