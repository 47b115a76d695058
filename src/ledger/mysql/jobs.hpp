// What became of a command, by the job that stands in the row it made. The scan begins after what the sender had seen,
// so it is as long as what was written since.
#pragma once

#include <optional>
#include <span>

#include "core/command.hpp"
#include "core/state.hpp"
#include "drivers/mysql/connection.hpp"

namespace confab::ledger::mysql {

// Its answer: of a rename the app as it is now, of a change the message as that left it. Nothing: no row bears its job.
// Throws mysql::failure.
awaitable<std::optional<core::command_result>> find_job(confab::mysql::connection& db, const core::command& c,
                                                        const core::last_seen& seen);

// Puts into `s` what became of commands that a shared queue delivers once more. A creation that left no trace was
// refused or never done: it is left out, and decided again. A change that left none is outcome_unknown. Messages are
// looked up together: what a chat holds beyond the least that was seen is walked over once for hundreds of them.
// Throws mysql::failure. REQUIRES: `s` holds the heads of their chats.
awaitable<void> load_outcomes(confab::mysql::connection& db, std::span<const core::command* const> passed,
                              core::state& s);

}  // namespace confab::ledger::mysql
