// Removes expired idempotency keys: once a minute, up to 1,000 in a transaction.
#pragma once

#include "base/clock.hpp"
#include "drivers/sqlite/sqlite.hpp"
#include "ledger/sqlite/commit_metadata.hpp"

namespace confab::ledger::sqlite {

// The writer's thread.
class key_purge {
public:
    bool is_due(timestamp now) const;
    // In one transaction of its own, with `metadata` in it. Throws sqlite::failure. REQUIRES: the database is migrated;
    // no transaction is open on `db`.
    void run(confab::sqlite::connection& db, commit_metadata& metadata, timestamp now);

private:
    std::int64_t next_us_ = 0;
};

}  // namespace confab::ledger::sqlite
