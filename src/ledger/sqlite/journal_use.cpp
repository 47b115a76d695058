#include "ledger/sqlite/journal_use.hpp"

#include <fmt/core.h>

#include "base/log.hpp"

namespace confab::ledger::sqlite {

journal_use::journal_use(const journal::journal& of) : journal_(of) {
    refresh();
}

void journal_use::refresh() {
    auto reason = journal_.off_reason();
    if (reason && !off_reason_)
        log::warning(
            fmt::format("the journal is off, so every batch is a transaction with a sync of its own: {}", *reason));
    if (!reason && off_reason_) log::info("the journal is on again");
    off_reason_ = std::move(reason);
}

}  // namespace confab::ledger::sqlite
