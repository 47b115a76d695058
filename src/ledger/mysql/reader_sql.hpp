// The statements of the reader, in a closed list, so that a test can have the server explain each of them.
#pragma once

#include <array>
#include <string>

namespace confab::ledger {

enum class read_sql {
    app_by_token,
    app_by_id,
    chat,
    message,
    last_app,
    apps,
    apps_descending,
    chats,
    chats_descending,
    messages,
    messages_descending,
    present_version,
    past_versions,
};
inline constexpr std::size_t read_sql_count = static_cast<std::size_t>(read_sql::past_versions) + 1;

// Lives for ever.
const std::string& text_of(read_sql s);

}  // namespace confab::ledger
