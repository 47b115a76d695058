// Warns of workers whose lease is too long for a node. If such a worker is killed, the node answers a write with
// outcome_unknown before another worker has taken the partition over and executed the write.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "ledger/mysql/mysql_ledger.hpp"

namespace confab::app {

// The warning for workers with such a lease. Empty: the node waits long enough, or the lease is unknown (0).
std::optional<std::string> lease_warning(std::chrono::milliseconds lease, std::chrono::milliseconds answer_timeout);

// Polls the workers' leases, and logs each lease that is too long once. Never returns.
awaitable<void> warn_of_long_leases(ledger::mysql::mysql_node& ledger, std::chrono::milliseconds answer_timeout);

}  // namespace confab::app
