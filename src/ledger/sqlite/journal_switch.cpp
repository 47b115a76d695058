#include "ledger/sqlite/journal_switch.hpp"

#include <fmt/core.h>

#include "base/log.hpp"

namespace confab::ledger::sqlite {

journal_switch::journal_switch(const journal::journal& of) : journal_(of) {
    look();
}

void journal_switch::look() {
    auto reason = journal_.why_off();
    if (reason && !why_off_)
        log::warning(
            fmt::format("the journal is off, so every batch is a transaction with a sync of its own: {}", *reason));
    if (!reason && why_off_) log::info("the journal is on again");
    why_off_ = std::move(reason);
}

}  // namespace confab::ledger::sqlite
