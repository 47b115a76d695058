// What the index follower reads: positions, changes and texts of chats. Threads, visibility and errors: reader.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/error.hpp"
#include "core/entities.hpp"
#include "core/position.hpp"
#include "ledger/slice.hpp"

namespace confab::ledger {

// The fields of a message that a search index needs.
struct text {
    core::message_number number;
    std::uint64_t version = 1;
    std::optional<std::string> content;  // nothing: deleted
};

struct change {
    std::uint64_t seq = 0;
    core::message_number message;
};

// Each call that returns a vector returns a slice.
class index_source {
public:
    virtual ~index_source() = default;

    virtual awaitable<result<core::chat_position>> position_of(core::chat_id chat) = 0;
    virtual awaitable<result<std::vector<core::chat_position>>> positions_after(core::chat_id after) = 0;
    virtual awaitable<result<std::vector<change>>> changes(core::chat_id chat, std::uint64_t after_seq) = 0;
    virtual awaitable<result<std::vector<text>>> texts(core::chat_id chat, window w) = 0;
    // A slice of the numbered messages, in this order; at least one. REQUIRES: the messages exist; `numbers` outlives
    // the call.
    virtual awaitable<result<std::vector<text>>> texts(core::chat_id chat,
                                                       std::span<const core::message_number> numbers) = 0;
};

}  // namespace confab::ledger
