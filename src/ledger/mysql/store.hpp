// Writes effects: rows many at a time, and each counter once.
#pragma once

#include <span>
#include <string>

#include "core/effect.hpp"
#include "drivers/mysql/connection.hpp"
#include "ledger/mysql/database_clock.hpp"

namespace confab::ledger::mysql {

// All but the counters. A key's expiry is translated into the database's time. Throws mysql::failure. REQUIRES: in a
// transaction, in which `clock` was read.
awaitable<void> store(confab::mysql::connection& db, std::span<const core::effect> effects,
                      const database_clock& clock);

// Statements that set the counters which the effects moved.
std::string counter_updates(std::span<const core::effect> effects);

// A statement that notes the chats which the effects made wait for the search index: whose messages passed a multiple
// of `after`, and those with changes. Nothing, mostly; and where `after` is 0. The age of a note is told by the
// database's clock.
std::string notes_for_index(std::span<const core::effect> effects, std::uint64_t after, const database_clock& clock);

}  // namespace confab::ledger::mysql
