// How a command came through a queue that many nodes and workers share. A queue's entries are numbered within an epoch:
// a queue that lost its memory begins another one, in which numbers may come again.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/ids.hpp"

namespace confab::core {

using partition_number = std::uint16_t;

// 128 random bits, drawn when a partition's queue was found empty-handed.
using epoch_id = std::array<std::byte, 16>;

// An entry's number in its partition's queue: Redis' milliseconds and a sequence within them.
struct entry_id {
    std::uint64_t ms = 0;
    std::uint64_t seq = 0;

    friend constexpr auto operator<=>(const entry_id&, const entry_id&) = default;
};

// What the sender of a command knew of the collection it writes to: the last number (of messages in a chat, of chats in
// an app) and, in a chat, the last change. What the command made, if it was done, lies beyond.
struct last_seen {
    std::uint64_t number = 0;
    std::uint64_t change = 0;
};

struct delivery {
    partition_number partition = 0;
    epoch_id epoch{};
    entry_id at{};
    last_seen seen{};
};

// Which partition of `count` writes of an app (its chats, its name) or of a chat (its messages) go through. Creation of
// apps goes through partition 0. The first 64 bits of SHA-256, so that nodes of every version agree for ever.
partition_number partition_of(const app_token& app, std::uint64_t count);
partition_number partition_of(const app_token& app, chat_number chat, std::uint64_t count);

}  // namespace confab::core
