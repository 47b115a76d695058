// What a node asks about the commands it sends.
#pragma once

#include <memory>

#include "base/engine_state.hpp"
#include "drivers/mysql/pool.hpp"
#include "ledger/cluster_ports.hpp"

namespace confab::ledger::mysql {

// `state`: of the server. While it has a fault, snapshot() answers `unavailable` to every command. REQUIRES: both
// outlive it.
std::unique_ptr<command_status> make_mysql_command_status(confab::mysql::pool& from, const engine_state& state);

}  // namespace confab::ledger::mysql
