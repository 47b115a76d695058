// The partitions that a batch writes: locked, checked against the lease, and moved on in its transaction.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "core/delivery.hpp"
#include "drivers/mysql/connection.hpp"
#include "ledger/mysql/commands_by_kind.hpp"
#include "ledger/mysql/database_clock.hpp"
#include "ledger/mysql/high_watermarks.hpp"

namespace confab::ledger::mysql {

class partition_locks {
public:
    using batch_partitions = std::map<core::partition_number, partition_entries>;

    // Begins a transaction, locks the rows of all partitions that the batch came through, and reads the database's
    // clock. False: one of them is not (or no longer) this owner's, and nothing may be written. Throws mysql::failure
    // (the server is read-only, among others); lost_commits: one of them is behind its mark. REQUIRES: `db` takes
    // several statements.
    awaitable<bool> begin(confab::mysql::connection& db, const batch_partitions& batch, std::string_view owner,
                          const high_watermarks& watermarks);

    // REQUIRES of all below: begun.
    const database_clock& clock() const { return clock_; }

    // Whether an earlier batch has gone past this command: it was done, or refused, or it repeats the number of one
    // that was.
    bool was_processed(const core::delivery& delivery) const;
    // Whether it has gone past any command of the batch.
    bool has_passed_any() const;

    // A statement that moves the position of each partition to the last of the commands. Empty: none came through a
    // shared queue.
    std::string position_updates() const;
    // After the commit of that.
    void record_in(high_watermarks& watermarks) const;

private:
    struct partition_lock {
        partition_entries entries;  // of the batch
        core::entry_id position;    // reached before the batch in their epoch
    };

    // The position after position_updates().
    static core::entry_id new_position(const partition_lock& c) { return std::max(c.position, c.entries.last); }
    awaitable<void> enter_epoch(confab::mysql::connection& db, core::partition_number p, partition_lock& c,
                                const core::epoch_id& before, const core::entry_id& stored_position);

    std::string partitions() const;

    std::map<core::partition_number, partition_lock> all_;
    database_clock clock_;
};

}  // namespace confab::ledger::mysql
