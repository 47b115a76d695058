// Commands: every write a client can ask for, already valid in itself. Whether it can be done is settled by decide().
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

// The versions a change may be applied to (If-Match); absent: any.
using version_condition = std::optional<std::vector<std::uint64_t>>;

struct edit_message {
    app_token app;
    chat_number chat;
    message_number message;
    message_content content;
    std::optional<std::string> metadata;  // absent: stays as it is
    version_condition only_at = std::nullopt;
};

struct delete_message {
    app_token app;
    chat_number chat;
    message_number message;
    version_condition only_at = std::nullopt;
};

// What came through a shared queue but cannot be read: it is kept for a person to look at.
struct unreadable {
    std::string bytes;
};

// An Idempotency-Key as it is kept: hashed, with a digest of what it creates (core/fingerprint.hpp).
struct idempotency_key {
    digest key_hash;
    digest fingerprint;  // what is kept
    // As version 0.1.0 took it, and kept it with its keys. Through a node of that version the two change places.
    std::optional<digest> fingerprint_as_sent = std::nullopt;

    bool matches(const digest& kept) const { return kept == fingerprint || kept == fingerprint_as_sent; }
};

struct command {
    job_id job;
    std::optional<idempotency_key> key;  // only with what creates
    std::variant<create_app, rename_app, create_chat, create_message, edit_message, delete_message, unreadable> payload;
    std::optional<core::delivery> delivery = std::nullopt;  // through a shared queue; alone there is nothing to tell
};

// What a command weighs in a queue or a batch, in bytes: its texts and a flat share for the rest.
std::size_t weight(const command& c);

// A committed command's answer.
struct created {
    std::uint64_t number = 0;  // of the chat or message; not set for an app, which is known by its token
    timestamp at;
};
struct replayed {
    std::uint64_t number = 0;  // of the chat or message the key made before; for an app its id
};
// rename_app answers the app; edit_message and delete_message the message, the latter also when it was deleted before.
using command_result = std::variant<created, replayed, app, message>;

}  // namespace confab::core
