// An event of the live feed: one creation, edit or deletion, ready to be sent.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/fibonacci_hash.hpp"
#include "core/entities.hpp"
#include "core/ids.hpp"
#include "core/position.hpp"

namespace confab::live {

// What can be followed: the chats of an app (their creation), or the messages of a chat.
struct topic {
    enum class kind : std::uint8_t { app, chat };

    kind of = kind::chat;
    std::uint64_t id = 0;  // of the app or chat

    friend auto operator<=>(const topic&, const topic&) = default;
};

inline topic topic_of(core::chat_id chat) {
    return {topic::kind::chat, chat.value()};
}
inline topic topic_of(core::app_id app) {
    return {topic::kind::app, app.value()};
}

struct topic_hash {
    std::size_t operator()(const topic& t) const noexcept {
        return fibonacci_hash(t.id << 1 | static_cast<std::uint64_t>(t.of));
    }
};

// The counters of a topic. For a chat they are its position (core/position.hpp).
enum class counter : std::uint8_t { creations, changes };

struct counters {
    std::uint64_t creations = 0;  // messages of a chat, or chats of an app
    std::uint64_t changes = 0;    // edits and deletions in a chat

    std::uint64_t& of(counter c) { return c == counter::creations ? creations : changes; }
    std::uint64_t of(counter c) const { return c == counter::creations ? creations : changes; }
    // Whether this is beyond `other` in any counter.
    bool exceed(const counters& other) const { return creations > other.creations || changes > other.changes; }
    void raise_to(const counters& other) {
        creations = std::max(creations, other.creations);
        changes = std::max(changes, other.changes);
    }

    friend bool operator==(const counters&, const counters&) = default;
};

inline counters counters_of(const core::position& p) {
    return {p.messages, p.changes};
}
inline core::position position_of(const counters& c) {
    return {c.creations, c.changes};
}

// The text of an event, made once and shared by all followers:
//
//   event: message.created
//   data: {"type":"message.created","chat":7,"object":{...}}
//   (an empty line)
class event_text {
public:
    // `data`: a JSON object without line breaks.
    event_text(std::string_view type, std::string_view data);

    // The lines of a server-sent event, without its id.
    const std::string& lines() const { return lines_; }
    std::string_view data() const { return std::string_view(lines_).substr(data_at_, data_size_); }

private:
    std::string lines_;
    std::size_t data_at_;
    std::size_t data_size_;
};

enum class message_event : std::uint8_t { created, updated, deleted };

// Makes the texts of events: this module knows no JSON.
struct event_texts {
    event_text (*of_message)(message_event what, core::chat_number chat, const core::message& m);
    event_text (*of_chat)(const core::chat& c);
};

// An event, or without a text the notice that the ledger has more than was delivered.
struct event {
    live::topic topic;
    live::counter counter = counter::creations;  // that the event raises
    std::uint64_t number = 0;  // to which: the number of the chat or message, or the seq of the change
    std::shared_ptr<const event_text> text;
};

}  // namespace confab::live
