// Writes effects: rows many at a time, and each counter once.
#pragma once

#include <span>
#include <string>

#include "core/effect.hpp"
#include "drivers/mysql/connection.hpp"

namespace confab::ledger::mysql {

// All but the counters. Throws mysql::failure. REQUIRES: in a transaction.
awaitable<void> store(confab::mysql::connection& db, std::span<const core::effect> effects);

// Statements that set the counters which the effects moved.
std::string counter_updates(std::span<const core::effect> effects);

// A statement that notes the chats which the effects made wait for the search index: whose messages passed a multiple
// of `after`, and those with changes. Nothing, mostly; and where `after` is 0.
std::string notes_for_index(std::span<const core::effect> effects, std::uint64_t after);

}  // namespace confab::ledger::mysql
