// Warns of workers whose lease is too long for a node. If such a worker is killed, the node answers a write with
// outcome_unknown before another worker has taken the partition over and executed the write.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "ledger/mysql/mysql_ledger.hpp"

namespace confab::app {

// The warning for a worker with this lease. Nothing: the node waits long enough, or there is no live worker (0).
std::optional<std::string> lease_warning(std::chrono::milliseconds lease, std::chrono::milliseconds answer_timeout);

// Reads the longest lease of the live workers every five seconds. Logs the warning if that lease is too long and
// differs from the one in the last warning. Never returns. REQUIRES: `ledger` lives until the loop has stopped.
awaitable<void> warn_of_long_leases(ledger::mysql::mysql_node& ledger, std::chrono::milliseconds answer_timeout);

}  // namespace confab::app
