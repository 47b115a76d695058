// What became of a command, by the job that stands in the row it made. The scan begins after what the sender had seen,
// so it is as long as what was written since.
#pragma once

#include <optional>

#include "core/command.hpp"
#include "drivers/mysql/connection.hpp"

namespace confab::ledger {

// Its answer: of a change, the app or message as it is now. Nothing: no row bears its job. Throws mysql::failure.
awaitable<std::optional<core::answer>> find_job(mysql::connection& db, const core::command& c,
                                                const core::trace& seen);

}  // namespace confab::ledger
