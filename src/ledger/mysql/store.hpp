// Writes effects: rows many at a time, and each counter once.
#pragma once

#include <span>
#include <string>

#include "core/effect.hpp"
#include "drivers/mysql/connection.hpp"

namespace confab::ledger {

// All but the counters. Throws mysql::failure. REQUIRES: in a transaction.
awaitable<void> store(mysql::connection& db, std::span<const core::effect> effects);

// Statements that set the counters which the effects moved.
std::string counter_updates(std::span<const core::effect> effects);

}  // namespace confab::ledger
