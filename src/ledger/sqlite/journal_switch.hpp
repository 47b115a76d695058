// Whether batches go through the journal: they do not where there is no room for it (journal::why_off). Says so once
// when it changes, counts the batches that do without, and keeps the reason in the database, where `confab check` finds
// it.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "drivers/sqlite/sqlite.hpp"
#include "journal/journal.hpp"

namespace confab::ledger {

// For the thread that has the writing connection, but where it says otherwise.
class journal_switch {
public:
    // Both outlive it. Throws sqlite::failure.
    journal_switch(sqlite::connection& db, const journal::journal& of, std::atomic<std::uint64_t>& batches_without);

    // As of the last look. Any thread.
    bool is_on() const { return is_on_; }
    void look();

    // Records the reason, within the transaction of a batch that did or did not go through the journal. Throws
    // sqlite::failure.
    void record(sqlite::connection& db, bool went_through);
    // After that transaction was committed.
    void recorded(bool went_through);

private:
    std::optional<std::string> wanted(bool went_through) const { return went_through ? std::nullopt : reason_; }

    const journal::journal& journal_;
    std::atomic<std::uint64_t>& batches_without_;
    std::atomic<bool> is_on_ = true;
    std::optional<std::string> reason_;
    std::optional<std::string> recorded_;  // as the database has it
};

}  // namespace confab::ledger
