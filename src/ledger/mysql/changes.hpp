// Writes what a batch edits and deletes.
#pragma once

#include <string>

#include "drivers/mysql/connection.hpp"
#include "ledger/mysql/effects_by_kind.hpp"

namespace confab::ledger::mysql {

// The rows of changes, and what they made of their messages. Throws mysql::failure: also when a message that was
// changed is not there any more. REQUIRES: in a transaction; the messages that the same batch creates are there
// already.
awaitable<void> store_changes(confab::mysql::connection& db, const changed_messages& all);

// Takes what the messages said before out of their history; for as many messages as it has pairs of question marks
// (chat, number).
std::string forget_history_sql(std::size_t messages);

// Adds the content that a message has to the row of its change; once for each row.
inline constexpr std::string_view content_now_sql = "(select content from messages where chat_id = ? and number = ?)";

}  // namespace confab::ledger::mysql
