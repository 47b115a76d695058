// Apps, chats and messages as the ledger keeps them and clients read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "core/ids.hpp"

namespace confab::core {

struct app {
    app_id id;
    app_token token;
    std::string name;
    std::uint64_t chats_count = 0;  // also the number of its last chat
    timestamp created_at;
    timestamp updated_at;  // moves on rename only
};

struct chat {
    chat_id id;
    chat_number number;
    std::uint64_t messages_count = 0;  // also the number of its last message
    std::uint64_t changes_count = 0;   // edits and deletions; with messages_count the cursor of the chat
    timestamp created_at;
    timestamp updated_at;
};

// A deleted message stays in its place, as a tombstone: its number, sender and times are kept, its content and metadata
// are gone.
struct message {
    message_number number;
    std::string content;
    std::optional<std::string> sender;
    std::optional<std::string> metadata;  // the text of a JSON object
    std::uint64_t version = 1;            // 1 as created, one more with every edit and with its deletion
    timestamp created_at;
    timestamp updated_at;  // moves on edit and deletion
    std::optional<timestamp> deleted_at = std::nullopt;
};

// What a message said at one of its versions.
struct message_version {
    std::uint64_t version = 1;
    std::string content;
    timestamp created_at;  // of this version
};

}  // namespace confab::core
