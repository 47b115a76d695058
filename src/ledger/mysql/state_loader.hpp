// Reads the state that decide() needs for a batch, with few statements for many commands.
#pragma once

#include <optional>

#include "core/state.hpp"
#include "drivers/mysql/connection.hpp"
#include "ledger/mysql/commands_by_kind.hpp"
#include "ledger/mysql/database_clock.hpp"

namespace confab::ledger::mysql {

// The chat by the id of its app. Nothing: `s` lacks the app.
std::optional<core::state::chat_locator> resolve(const chat_locator& chat, core::state& s);

// Adds to `s` the named resources that it lacks: apps, chats, messages to change, keys. A key's expiry is translated
// into this process's time. Throws mysql::failure. REQUIRES: `clock` was read in this transaction.
awaitable<void> load_state(confab::mysql::connection& db, const named_resources& named, core::state& s,
                           const database_clock& clock);

// Ids for the apps and chats that a batch may create. They are reserved in blocks: gaps are harmless.
class id_allocator {
public:
    // These throw mysql::failure.

    // REQUIRES: not in a transaction, so that no other worker waits for a commit.
    awaitable<void> reserve_chat_ids(confab::mysql::connection& db, std::uint64_t new_chats, core::state& s);
    // REQUIRES: nobody else creates apps until the batch is committed.
    awaitable<void> reserve_app_id(confab::mysql::connection& db, std::uint64_t new_apps, core::state& s);

private:
    std::uint64_t chats_end_ = 0;
};

}  // namespace confab::ledger::mysql
