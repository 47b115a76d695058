// The statements of the reader. The list is closed, so that a test can explain each of them on the server.
#pragma once

#include <array>
#include <string>

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

}  // namespace confab::ledger::mysql
