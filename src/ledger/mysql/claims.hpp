// The partitions that a batch writes: locked, checked against the lease, and moved on in its transaction.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "core/passage.hpp"
#include "drivers/mysql/connection.hpp"
#include "ledger/mysql/commands_by_kind.hpp"
#include "ledger/mysql/committed_marks.hpp"
#include "ledger/mysql/database_clock.hpp"

namespace confab::ledger::mysql {

class claims {
public:
    using batch_partitions = std::map<core::partition_number, partition_entries>;

    // Begins a transaction, locks the rows of all partitions that the batch came through, and reads the database's
    // clock. False: one of them is not (or no longer) this owner's, and nothing may be written. Throws mysql::failure
    // (the server is read-only, among others); went_back: one of them is behind its mark. REQUIRES: `db` takes several
    // statements.
    awaitable<bool> begin(confab::mysql::connection& db, const batch_partitions& batch, std::string_view owner,
                          const committed_marks& marks);

    // REQUIRES of all below: begun.
    const database_clock& clock() const { return clock_; }

    // Whether an earlier batch has gone past this command: it was done, or refused, or it repeats the number of one
    // that was.
    bool has_passed(const core::passage& came) const;
    // Whether it has gone past any command of the batch.
    bool has_passed_any() const;

    // A statement that moves the position of each partition to the last of the commands. Empty: none came through a
    // shared queue.
    std::string moves() const;
    // After the commit of that.
    void note_in(committed_marks& marks) const;

private:
    struct claim {
        partition_entries entries;  // of the batch
        core::entry_id position;    // reached before the batch in their epoch
    };

    // The position after moves().
    static core::entry_id moved_to(const claim& c) { return std::max(c.position, c.entries.last); }
    awaitable<void> enter_epoch(confab::mysql::connection& db, core::partition_number p, claim& c,
                                const core::epoch_id& before, const core::entry_id& reached);

    std::string partitions() const;

    std::map<core::partition_number, claim> all_;
    database_clock clock_;
};

}  // namespace confab::ledger::mysql
