// What a worker does with dead letters, in the transaction of its batch. ops/dead_letters.hpp has what operators do.
//
// 1. A command that the database refuses becomes an open dead letter. Its entry and its job identify it.
// 2. `confab jobs replay` sends the command again, as an entry that names the dead letter and has a job of its own.
// 3. The worker that processes this entry closes the dead letter in the same transaction. It refuses a replay whose
//    dead letter is closed. So one is executed at most once, however often it is sent or delivered.
// 4. A dropped dead letter is closed, too.
// 5. A closed one keeps its row for a month, without the command. As long as there is a row, open or closed, the first
//    entry stays refused when the queue delivers it again.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/command.hpp"
#include "core/state.hpp"
#include "drivers/mysql/connection.hpp"

namespace confab::ledger::mysql {

// All functions throw mysql::failure. Commands without a delivery have no dead letters.

// Does nothing if the dead letter of this entry and job is stored.
awaitable<void> insert_dead_letter(confab::mysql::connection& db, const core::command& c, std::string_view why,
                                   std::string_view bytes);

// Adds to `s` a refusal of each command that is stored as a dead letter.
awaitable<void> load_dead_letters(confab::mysql::connection& db, std::span<const core::command* const> commands,
                                  core::state& s);

// Locks the dead letters that these commands replay, and returns their ids. Adds to `s` a refusal of each replay whose
// dead letter is closed, unknown, or replayed by an earlier command of the batch. Commands with a result in `s` and
// commands that replay nothing are skipped. REQUIRES: within a transaction.
awaitable<std::vector<std::uint64_t>> load_replays(confab::mysql::connection& db,
                                                   std::span<const core::command* const> commands, core::state& s);

// The statement that closes them, with a semicolon; empty for none.
std::string closing_statement(std::span<const std::uint64_t> dead_letters);

// Deletes up to `rows_max` dead letters that have been closed for long. Returns how many there were.
awaitable<std::uint64_t> purge_dead_letters(confab::mysql::connection& db, std::uint64_t rows_max);

}  // namespace confab::ledger::mysql
