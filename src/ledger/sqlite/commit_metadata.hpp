// What each commit records in `meta`:
// - `applied_batch`: the last batch of the journal that the database has.
// - `checkpointed_batch`: up to here the database file has everything without its WAL. A start compares both with the
//   `applied_batch` of the file alone (recovery.hpp): checkpointed <= file <= applied. An older database file beside a
//   newer WAL breaks the first rule, an older WAL beside a newer database file the second.
// - `journal_off`: why the last batch did not go through the journal.
// - `latest_time`: the latest time that was written, but at most 48 h after the clock at that commit. The life of a key
//   begins at this time while the clock is behind it (written_time.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "drivers/sqlite/sqlite.hpp"

namespace confab::ledger::sqlite {

// On the writing connection, for the thread that uses it.
class commit_metadata {
public:
    // REQUIRES: a migrated database, whose file has all applied batches.
    explicit commit_metadata(confab::sqlite::connection& db);

    // The last batch that was committed.
    std::uint64_t applied() const { return applied_; }

    // The latest time that was committed.
    timestamp latest_time() const { return latest_time_; }

    // In the transaction whose last batch this is. `latest`: the latest time in it. Throws sqlite::failure.
    void write(std::uint64_t batch, const std::optional<std::string>& journal_off, timestamp latest);
    // In a transaction without a batch, so that every WAL has the numbers. Throws sqlite::failure.
    void repeat();
    // After each commit, also of a transaction without a batch. `wal_pages`: the WAL's length after the commit. Returns
    // whether the commit restarted the WAL. In that case the commit recorded the checkpointed batch of the previous
    // one.
    bool committed(std::uint64_t batch, int wal_pages);
    // After a checkpoint of the complete WAL. REQUIRES: nothing was committed since it began.
    void checkpointed() { checkpointed_ = applied_; }

private:
    void write_numbers(std::uint64_t batch);
    void write_time(timestamp latest);

    confab::sqlite::statement set_applied_, set_checkpointed_, set_journal_off_, clear_journal_off_, set_latest_time_;
    std::uint64_t applied_;
    std::uint64_t checkpointed_;
    int wal_pages_ = 0;
    std::optional<std::string> journal_off_;  // as the database has it
    std::optional<std::string> writing_off_;  // as the open transaction has it
    timestamp latest_time_;                   // as the database has it
    timestamp writing_time_;                  // as the open transaction has it
};

}  // namespace confab::ledger::sqlite
