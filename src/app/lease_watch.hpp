// Warns of workers whose lease is too long for a node: when one of them is killed, the node gives a write up
// (outcome_unknown) before another worker has taken its partition over and done it.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "ledger/mysql/mysql_ledger.hpp"

namespace confab::app {

// The warning for workers with such a lease; nothing: the node waits long enough, or the lease is not known (0).
std::optional<std::string> lease_warning(std::chrono::milliseconds lease, std::chrono::milliseconds answer_timeout);

// Looks at the workers' leases again and again, and logs each lease that is too long once. Never ends.
awaitable<void> warn_of_long_leases(ledger::mysql::mysql_node& ledger, std::chrono::milliseconds answer_timeout);

}  // namespace confab::app
