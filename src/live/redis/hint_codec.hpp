// Hints as the text of a published message, and its channel. Only nodes and workers of one cluster exchange these.
//
//   1 c7:1042.3 a5:9.0
//
// The number of the format, then for each topic: a for an app or c for a chat, its id, and its counters of creations
// and changes.
//
// Why a format of its own, and not Protocol Buffers as in the queue: it has no field that could be left out, and an
// operator can read it (SUBSCRIBE).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "live/hint.hpp"

namespace confab::live {

// Of one message: at most 45 KB.
inline constexpr std::size_t hints_per_message_max = 1000;

// confab:CLUSTER:live. All workers publish on it, and every event loop of a node listens to it. Channels ignore Redis'
// database number.
std::string hint_channel(std::string_view cluster);

// REQUIRES: at most hints_per_message_max; each has an id and a counter that moved.
std::string encode(std::span<const hint> hints);

// Nothing: the text is not valid, is of another format, or has too many hints.
std::optional<std::vector<hint>> decode_hints(std::string_view text);

}  // namespace confab::live
