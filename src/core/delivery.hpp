// How a command was delivered by a queue that nodes and workers share. Entries are numbered within an epoch. A queue
// that lost its data begins another epoch, in which entry ids may repeat.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/ids.hpp"

namespace confab::core {

using partition_number = std::uint16_t;
inline constexpr std::uint64_t partitions_max = 1024;  // of a cluster

// 128 random bits. A sender draws them if a partition's queue has no epoch.
using epoch_id = std::array<std::byte, 16>;

// The id of an entry in its partition's queue, as in Redis streams: milliseconds and a sequence number within them.
struct entry_id {
    std::uint64_t ms = 0;
    std::uint64_t seq = 0;

    friend constexpr auto operator<=>(const entry_id&, const entry_id&) = default;
};

// The last number that the sender of a command knew in the collection it writes to (messages of a chat, chats of an
// app). For a chat also the last change. If the command was applied, its number or change is higher.
struct last_seen {
    std::uint64_t number = 0;
    std::uint64_t change = 0;
};

// The dead letter whose command an entry replays. A database that was restored to an earlier state may give the id to
// another dead letter, so the job is compared, too.
struct replayed_dead_letter {
    std::uint64_t id = 0;
    job_id job{};  // the dead letter's; the replay has a job of its own
};

struct delivery {
    partition_number partition = 0;
    epoch_id epoch{};
    entry_id at{};
    last_seen seen{};
    std::optional<replayed_dead_letter> replay_of = std::nullopt;
};

// The partition, of `count`, for the writes of an app (its chats, its name) or of a chat (its messages). Creation of
// apps uses partition 0. The partition is computed from the first 64 bits of a SHA-256. It must never change, because
// nodes of all versions have to agree.
partition_number partition_of(const app_token& app, std::uint64_t count);
partition_number partition_of(const app_token& app, chat_number chat, std::uint64_t count);

}  // namespace confab::core
