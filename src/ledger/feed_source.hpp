// What the live feed reads besides the lists of reader.hpp: the generation, counters, and changed messages. Threads,
// visibility and errors: reader.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/async.hpp"
#include "base/error.hpp"
#include "core/entities.hpp"
#include "core/generation.hpp"
#include "core/position.hpp"
#include "ledger/slice.hpp"

namespace confab::ledger {

// An edit or deletion of a message.
struct changed_message {
    std::uint64_t seq = 0;  // of the change in its chat
    bool is_deletion = false;
    core::message message;  // as it is now; it may have changed again, and may be deleted
};

struct app_counter {
    core::app_id app;
    std::uint64_t chats_count = 0;

    friend bool operator==(const app_counter&, const app_counter&) = default;
};

// The counters of some chats and apps, and the generation to which they belong, read by one statement.
struct heads {
    core::generation generation;
    std::vector<core::chat_position> chats;  // in any order; a chat that does not exist is missing
    std::vector<app_counter> apps;           // likewise
};

class feed_source {
public:
    virtual ~feed_source() = default;

    // The generation as last read. Counters that are read after this call belong to it or to a later one. So a position
    // made of both may be refused without need, and is never accepted wrongly. Any thread.
    virtual core::generation generation() const = 0;

    // REQUIRES: the spans outlive the call; no id is there twice.
    virtual awaitable<result<ledger::heads>> read_heads(std::span<const core::chat_id> chats,
                                                        std::span<const core::app_id> apps) = 0;

    // The changes with `w.after` < seq <= `w.last`, in ascending order whatever `w.order`, each with its message. A
    // slice: it may end earlier, and has at least one change unless there is none.
    virtual awaitable<result<std::vector<changed_message>>> changed_messages(core::chat_id chat, window w) = 0;
};

}  // namespace confab::ledger
