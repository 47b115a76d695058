// Removes expired idempotency keys, now and then and some at a time.
#pragma once

#include "base/clock.hpp"
#include "drivers/sqlite/sqlite.hpp"

namespace confab::ledger {

// On the writing connection, for the thread that has it.
class key_purge {
public:
    // REQUIRES: a migrated database.
    explicit key_purge(sqlite::connection& db);

    bool is_due(timestamp now) const;
    // As one transaction of its own. Returns whether anything was removed. Throws sqlite::failure. REQUIRES: no
    // transaction is open on `db`, the connection it was made with.
    bool run(sqlite::connection& db, timestamp now);

private:
    sqlite::statement expired_, remove_;
    std::int64_t next_us_ = 0;
};

}  // namespace confab::ledger
