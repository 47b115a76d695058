// The partitions of a batch. They are locked, checked against the lease, and moved forward in its transaction.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "base/require.hpp"
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
    // clock. False: this owner does not own one of them (any more), and nothing may be written. Throws mysql::failure,
    // also if the server is read-only; lost_commits: a partition is below its watermark. REQUIRES: `db` accepts several
    // statements in one query.
    awaitable<bool> begin(confab::mysql::connection& db, const batch_partitions& batch, std::string_view owner,
                          const high_watermarks& watermarks);

    // REQUIRES of all below: begin() has returned true.
    const database_clock& clock() const {
        require_begun();
        return clock_;
    }

    // Whether an earlier batch processed this command. It was executed or refused, or its number repeats a processed
    // one.
    bool was_processed(const core::delivery& delivery) const;
    // Whether an earlier batch processed a command of this batch.
    bool has_passed_any() const;

    // A statement that moves the position of each partition to its last command. Empty: no command came through a
    // shared queue.
    std::string position_updates() const;
    // Call it after the commit of position_updates().
    void record_in(high_watermarks& watermarks) const;

private:
    struct partition_lock {
        partition_entries entries;  // of the batch
        core::entry_id position;    // before the batch, in the epoch of the entries
    };

    // The position after position_updates().
    static core::entry_id new_position(const partition_lock& c) { return std::max(c.position, c.entries.last); }
    awaitable<void> enter_epoch(confab::mysql::connection& db, core::partition_number p, partition_lock& c,
                                const core::epoch_id& before, const core::entry_id& stored_position);

    std::string partitions() const;
    void require_begun() const { require(is_begun_, "the partitions of the batch are locked"); }

    std::map<core::partition_number, partition_lock> all_;
    database_clock clock_;
    bool is_begun_ = false;
};

}  // namespace confab::ledger::mysql
