// Commands: every write that a client can request. The parameters of a command are valid. decide() determines whether
// it can be applied.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/digest.hpp"
#include "core/delivery.hpp"
#include "core/entities.hpp"
#include "core/text.hpp"

namespace confab::core {

struct create_app {
    app_token token;
    app_name name;
};

struct rename_app {
    app_token app;
    app_name name;
};

struct create_chat {
    app_token app;
};

struct create_message {
    app_token app;
    chat_number chat;
    message_content content;
    std::optional<sender_name> sender;
    std::optional<std::string> metadata;
};

// The versions to which a change may be applied (If-Match). Absent: any version.
using version_condition = std::optional<std::vector<std::uint64_t>>;

struct edit_message {
    app_token app;
    chat_number chat;
    message_number message;
    message_content content;
    std::optional<std::string> metadata;  // absent: unchanged
    version_condition only_at = std::nullopt;
};

struct delete_message {
    app_token app;
    chat_number chat;
    message_number message;
    version_condition only_at = std::nullopt;
};

// An entry of a shared queue that cannot be parsed. It becomes a dead letter.
struct unreadable {
    std::string bytes;
};

// An Idempotency-Key as it is stored: its hash, and a fingerprint of the payload (core/fingerprint.hpp).
struct idempotency_key {
    digest key_hash;
    digest fingerprint;  // the stored one
    // The fingerprint that version 0.1.0 computed and stored. In commands from a node of that version the two are
    // swapped.
    std::optional<digest> fingerprint_as_sent = std::nullopt;

    bool matches(const digest& kept) const { return kept == fingerprint || kept == fingerprint_as_sent; }
};

struct command {
    job_id job;
    std::optional<idempotency_key> key;  // only for a command that creates
    std::variant<create_app, rename_app, create_chat, create_message, edit_message, delete_message, unreadable> payload;
    std::optional<core::delivery> delivery = std::nullopt;  // set by a shared queue; absent in a standalone server
};

// The bytes of a command in a queue or a batch: its texts plus a flat overhead.
std::size_t weight(const command& c);

// The result of a committed command.
struct created {
    std::uint64_t number = 0;  // of the chat or message; not set for an app, which is known by its token
    timestamp at;
};
struct replayed {
    std::uint64_t number = 0;  // of the chat or message that the key created before; for an app its id
};
// rename_app returns the app. edit_message and delete_message return the message. delete_message also does so if the
// message was deleted before.
using command_result = std::variant<created, replayed, app, message>;

}  // namespace confab::core
