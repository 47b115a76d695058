#include "ledger/sqlite/journal_switch.hpp"

#include <fmt/core.h>

#include "base/log.hpp"
#include "ledger/sqlite/schema.hpp"

namespace confab::ledger {

journal_switch::journal_switch(sqlite::connection& db, const journal::journal& of,
                               std::atomic<std::uint64_t>& batches_without)
    : journal_(of), batches_without_(batches_without), recorded_(journal_off_reason(db)) {
    look();
}

void journal_switch::look() {
    auto reason = journal_.why_off();
    if (reason && !reason_)
        log::warning(
            fmt::format("the journal is off, so every batch is a transaction with a sync of its own: {}", *reason));
    if (!reason && reason_) log::info("the journal is on again");
    is_on_ = !reason;
    reason_ = std::move(reason);
}

void journal_switch::record(sqlite::connection& db, bool went_through) {
    if (recorded_ != wanted(went_through)) set_journal_off_reason(db, wanted(went_through));
}

void journal_switch::recorded(bool went_through) {
    recorded_ = wanted(went_through);
    if (!went_through && !is_on_) ++batches_without_;
    look();
}

}  // namespace confab::ledger
