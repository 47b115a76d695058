// The statements of the reader. The list is closed, so that a test can explain each of them on the server.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "core/ids.hpp"

namespace confab::ledger::mysql {

enum class read_sql {
    app_by_token,
    app_by_id,
    chat,
    chat_id,
    one_lookup,
    few_lookups,
    more_lookups,
    most_lookups,
    last_app,
    apps,
    apps_descending,
    chats,
    chats_descending,
    messages,
    messages_descending,
    present_version,
    past_versions,
    position,
    positions_after,
    changes,
    feed_changes,
    texts,
    texts_descending,
    few_messages,
    many_messages,
    few_texts,
    many_texts,
};
inline constexpr std::size_t read_sql_count = static_cast<std::size_t>(read_sql::many_texts) + 1;

// The placeholders for numbers in a statement for few or many messages or texts.
inline constexpr std::size_t few_numbers = 16;
inline constexpr std::size_t many_numbers = 128;

// The placeholders for messages in the lookup statements.
inline constexpr std::size_t few_lookups = 4;
inline constexpr std::size_t more_lookups = 16;
inline constexpr std::size_t lookups_max = 64;

// The text has static lifetime.
const std::string& text_of(read_sql s);

// What a row of heads_sql() describes: its first column. Then come, for a generation: its number; for a chat: its id
// and its counters of messages and changes; for an app: its id and its counter of chats.
enum class head_row : std::uint64_t { generation, chat, app };

// The generation, and the counters of these chats and apps, in any order. Not prepared, because it has any number of
// ids. They are numbers of the ledger, so they are safe in its text.
std::string heads_sql(std::span<const core::chat_id> chats, std::span<const core::app_id> apps);

}  // namespace confab::ledger::mysql
