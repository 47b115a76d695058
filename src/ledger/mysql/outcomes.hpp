// What a node asks about the commands it sends.
#pragma once

#include <memory>

#include "drivers/mysql/pool.hpp"
#include "ledger/shared.hpp"

namespace confab::ledger::mysql {

// REQUIRES: the pool outlives it.
std::unique_ptr<outcomes> make_mysql_outcomes(confab::mysql::pool& from);

}  // namespace confab::ledger::mysql
