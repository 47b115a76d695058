// Apps, chats and messages as the ledger stores them and clients see them.
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
    timestamp updated_at;  // changes only on rename
};

struct chat {
    chat_id id;
    chat_number number;
    std::uint64_t messages_count = 0;  // also the number of its last message
    std::uint64_t changes_count = 0;   // edits and deletions; with messages_count the chat's cursor
    timestamp created_at;
    timestamp updated_at;
};

// A deleted message remains as a tombstone. It keeps its number, sender and times, and loses its content and metadata.
struct message {
    message_number number;
    std::string content;
    std::optional<std::string> sender;
    std::optional<std::string> metadata;  // the text of a JSON object
    std::uint64_t version = 1;            // 1 at creation; each edit and the deletion add one
    timestamp created_at;
    timestamp updated_at;  // changes on edit and deletion
    std::optional<timestamp> deleted_at = std::nullopt;
};

// The content of a message at one of its versions.
struct message_version {
    std::uint64_t version = 1;
    std::string content;
    timestamp created_at;  // of this version
};

}  // namespace confab::core
