// Positions of the live feed as text. Clients keep them and send them back to continue. They are opaque to clients.
//
//   event id   aB3dE6gH:7:1042.3         generation, chat 7, 1042 messages, 3 changes
//              aB3dE6gH:0:12,7:1042.3    the same on the feed of an app: chat 0 is the app, which has 12 chats
//              7:1042.3                  from version 0.1.0: it counts as of the present generation
//   offset     aB3dE6gH-0000001042-0000000003
//              of a fixed width, so that the offsets of a chat sort as text. The null position may be any offset's
//              start, and is `-1` in requests only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/generation.hpp"
#include "core/ids.hpp"
#include "core/position.hpp"

namespace confab::core {

// The maximum chats that one event id may name: more than any request can follow (api/feed_request.hpp).
inline constexpr std::size_t event_id_chats_max = 64;

struct numbered_position {
    chat_number chat;
    core::position position;

    friend bool operator==(const numbered_position&, const numbered_position&) = default;
};

struct event_id {
    std::optional<core::generation> generation;  // nothing: of version 0.1.0
    std::optional<std::uint64_t> chats_count;    // of the app; nothing: the feed of one chat
    std::vector<numbered_position> chats;        // each chat once

    // Nothing: malformed, a number above number_max, a chat named twice, or more than event_id_chats_max chats.
    static std::optional<event_id> parse(std::string_view text);
    // Where this id continues in that chat. Nothing: it does not name the chat.
    std::optional<core::position> find(chat_number chat) const;

    friend bool operator==(const event_id&, const event_id&) = default;
};

// The event id of one chat.
std::string event_id_of(const generation& g, chat_number chat, const position& p);
// Appends the next part of an event id of an app's feed: first that of the app, then those of its chats.
void append_app(std::string& id, const generation& g, std::uint64_t chats_count);
void append_chat(std::string& id, chat_number chat, const position& p);

struct offset {
    core::generation generation;
    core::position position;

    static std::optional<offset> parse(std::string_view text);

    friend bool operator==(const offset&, const offset&) = default;
};

std::string text_of(const offset& o);

}  // namespace confab::core
