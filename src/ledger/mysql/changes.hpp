// Writes the edits and deletions of a batch.
#pragma once

#include <string>

#include "drivers/mysql/connection.hpp"
#include "ledger/mysql/effects_by_kind.hpp"

namespace confab::ledger::mysql {

// Writes the rows of changes, and updates their messages. Throws mysql::failure, also if a changed message does not
// exist any more. REQUIRES: in a transaction; the messages that the same batch creates are written.
awaitable<void> store_changes(confab::mysql::connection& db, const changed_messages& all);

// The statement that removes earlier contents from the history of `messages` messages. It has that many pairs of
// placeholders (chat, number).
std::string delete_history_sql(std::size_t messages);

// The current content of a message, for the row of its change. Placeholders: chat, number.
inline constexpr std::string_view content_now_sql = "(select content from messages where chat_id = ? and number = ?)";

}  // namespace confab::ledger::mysql
