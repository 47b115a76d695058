// Finds the result of a command by its job, which is stored in the row that it made. The scan begins after `last_seen`,
// so it reads only rows that were written since.
#pragma once

#include <optional>
#include <span>

#include "core/command.hpp"
#include "core/state.hpp"
#include "drivers/mysql/connection.hpp"

namespace confab::ledger::mysql {

// The result: for a rename the current app, for a change the message as the change left it. Nothing: no row has its
// job. Throws mysql::failure.
awaitable<std::optional<core::command_result>> find_job(confab::mysql::connection& db, const core::command& c,
                                                        const core::last_seen& seen);

// Adds to `s` the results of commands that a shared queue delivers again. A command without a row that became a dead
// letter stays refused. Another creation without a row was refused or never executed: it gets no result, and is decided
// again. Another change without a row gets outcome_unknown. The replay of a dead letter without a row gets no result:
// load_replays() does the rest. One statement scans a chat from the lowest number seen, for hundreds of created
// messages. Throws mysql::failure. REQUIRES: `s` has the counters of their chats.
awaitable<void> load_outcomes(confab::mysql::connection& db, std::span<const core::command* const> passed,
                              core::state& s);

}  // namespace confab::ledger::mysql
