// Finds the result of a command by its job, which is stored in the row that it made. The scan begins after `last_seen`,
// so it reads only rows that were written since.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "core/command.hpp"
#include "core/state.hpp"
#include "drivers/mysql/connection.hpp"

namespace confab::ledger::mysql {

// The result: for a rename the current app, for a change the message as the change left it. Nothing: no row has its
// job. Throws mysql::failure.
awaitable<std::optional<core::command_result>> find_job(confab::mysql::connection& db, const core::command& c,
                                                        const core::last_seen& seen);

// The bytes of a command as its dead letter keeps them. Equal commands have equal bytes. Null: no dead letters are
// kept.
using dead_letter_bytes = std::function<std::string(const core::command&)>;

// Adds to `s` the results of commands that a shared queue delivers again. A command without a row that is a dead letter
// stays refused until that is replayed or dropped. Another creation without a row was refused or never executed:
// it gets no result, and is decided again. Another change without a row gets outcome_unknown. One statement scans a
// chat from the lowest number seen, for hundreds of created messages. Throws mysql::failure. REQUIRES: `s` has the
// counters of their chats.
awaitable<void> load_outcomes(confab::mysql::connection& db, std::span<const core::command* const> passed,
                              const dead_letter_bytes& describe, core::state& s);

}  // namespace confab::ledger::mysql
