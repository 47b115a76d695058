// Implements command_status for an API node.
#pragma once

#include <memory>

#include "base/engine_state.hpp"
#include "drivers/mysql/pool.hpp"
#include "ledger/cluster_ports.hpp"

namespace confab::ledger::mysql {

// `state`: the server's. While it has a fault, snapshot() returns `unavailable` for every command. REQUIRES: both
// outlive the result.
std::unique_ptr<command_status> make_mysql_command_status(confab::mysql::pool& from, const engine_state& state);

}  // namespace confab::ledger::mysql
