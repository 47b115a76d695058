// What a node asks about the commands it sends.
#pragma once

#include <memory>

#include "base/engine_state.hpp"
#include "drivers/mysql/pool.hpp"
#include "ledger/shared.hpp"

namespace confab::ledger::mysql {

// `state`: of the server. While it has a fault, before() answers `unavailable` to every command. REQUIRES: both outlive
// it.
std::unique_ptr<outcomes> make_mysql_outcomes(confab::mysql::pool& from, const engine_state& state);

}  // namespace confab::ledger::mysql
