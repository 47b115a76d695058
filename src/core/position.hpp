// The position of a chat: how many messages and changes of it there are, are listed, or are indexed. The counters of a
// chat are read in one statement, so everything up to its position is committed. Lists, the live feed and indexes
// continue from a position.
#pragma once

#include <cstdint>

#include "core/entities.hpp"
#include "core/ids.hpp"

namespace confab::core {

// Messages up to number `messages`, and edits and deletions up to number `changes`. (0, 0): nothing.
struct position {
    std::uint64_t messages = 0;
    std::uint64_t changes = 0;

    friend bool operator==(const position&, const position&) = default;
};

struct chat_position {
    chat_id chat;
    core::position position;

    friend bool operator==(const chat_position&, const chat_position&) = default;
};

}  // namespace confab::core
