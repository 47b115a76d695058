// Effects: the changes of a decided command in the ledger. Counters change with them. A chat_created sets its app's
// chats_count to its number. A message_created sets its chat's messages_count to its number. A message_edited or
// message_deleted sets its chat's changes_count to its seq. Each effect except key_used has the job id of its command.
// Texts are views into the command, which lives until its batch is answered. The live feed gets its events from
// effects. So they also have the number of their chat, and an edit and a deletion those fields of their message that
// they leave as they are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "core/ids.hpp"

namespace confab::core {

struct app_created {
    app_id id;
    app_token token;
    std::string_view name;
    timestamp at;
    job_id job;
};

struct app_renamed {
    app_id id;
    std::string_view name;
    timestamp at;
    job_id job;
};

struct chat_created {
    chat_id id;
    app_id app;
    chat_number number;
    timestamp at;
    job_id job;
};

struct message_created {
    chat_id chat;
    message_number number;
    std::string_view content;
    std::optional<std::string_view> sender;
    std::optional<std::string_view> metadata;
    timestamp at;
    job_id job;
    core::chat_number chat_number = {};  // of `chat`; not set if the effect was read from the journal
};

// Of a message that an effect changes. The batch owns them (batch_effects::keep).
struct unchanged_fields {
    std::optional<std::string> sender;
    std::optional<std::string> metadata;  // after an edit, also one that sets it
    timestamp created_at;
};

struct message_edited {
    chat_id chat;
    message_number number;
    std::string_view content;
    std::optional<std::string_view> metadata;  // absent: unchanged
    std::uint64_t version;                     // after the edit
    std::uint64_t seq;                         // of this change in its chat
    timestamp at;
    job_id job;
    core::chat_number chat_number = {};           // as above
    const unchanged_fields* unchanged = nullptr;  // null if the effect was read from the journal
};

struct message_deleted {
    chat_id chat;
    message_number number;
    std::uint64_t version;  // of the tombstone
    std::uint64_t seq;
    timestamp at;
    job_id job;
    core::chat_number chat_number = {};
    const unchanged_fields* unchanged = nullptr;
};

// The collection in which a key was used: all apps, the chats of an app, or the messages of a chat. Equal keys in
// different scopes are different keys.
struct key_scope {
    enum class kind : std::uint8_t { apps = 0, chats_of_app = 1, messages_of_chat = 2 };

    kind of = kind::apps;
    std::uint64_t id = 0;  // of the app or chat

    friend auto operator<=>(const key_scope&, const key_scope&) = default;
};

struct key_used {
    key_scope scope;
    digest key_hash;
    digest fingerprint;
    std::uint64_t number;  // as in `replayed`
    timestamp expires_at;
};

using effect =
    std::variant<app_created, app_renamed, chat_created, message_created, message_edited, message_deleted, key_used>;

}  // namespace confab::core
