// Writes effects: rows many at a time, and each counter once.
#pragma once

#include <string>

#include "drivers/mysql/connection.hpp"
#include "ledger/mysql/database_clock.hpp"
#include "ledger/mysql/effects_by_kind.hpp"

namespace confab::ledger::mysql {

// Writes all but the counters. A key's expiry is translated into the database's time. Throws mysql::failure. REQUIRES:
// in a transaction, in which `clock` was read.
awaitable<void> store(confab::mysql::connection& db, const rows_to_write& rows, const database_clock& clock);

// Statements that set the counters which the effects moved.
std::string counter_updates(const moved_counters& counters);

// The statement that adds notes for the search index: for chats whose messages passed a multiple of `after`, and for
// chats with changes. Usually empty, and always if `after` is 0. The age of a note is by the database's clock.
std::string notes_for_index(const effects_by_kind& effects, std::uint64_t after, const database_clock& clock);

}  // namespace confab::ledger::mysql
