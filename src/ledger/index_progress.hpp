// How far search indexes that are kept elsewhere have come, chat by chat. An engine without transactions cannot keep
// that beside its texts; here it moves in one statement, and only from where it was thought to be.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "base/async.hpp"
#include "base/error.hpp"
#include "ledger/ledger.hpp"

namespace confab::ledger {

// Names an index for ever: one that was lost and made anew is another one, and has come nowhere.
using index_id = std::array<std::byte, 16>;

// Chats that wait to be taken in, as their writers noted them in the transactions that made them wait. Who follows what
// it writes by itself needs no notes: they tell of what a writer left behind that has ended. Any thread, any number of
// calls at once. Errors: unavailable.
class index_notes {
public:
    virtual ~index_notes() = default;

    // The chats that were noted before this time and not taken in since, the oldest first; some thousand at most.
    virtual awaitable<result<std::vector<core::chat_id>>> noted_before(timestamp time) = 0;
    // The index holds all of a chat that is to be held up to these counters: a note of no more than that goes.
    virtual awaitable<result<void>> settle(const chat_counts& upto) = 0;
};

// Any thread, any number of calls at once. Errors: unavailable.
class index_progress : public index_notes {
public:
    // (0, 0): nothing of this chat.
    virtual awaitable<result<chat_counts>> reached(const index_id& index, core::chat_id chat) = 0;
    // The chats of which there is something, in order of their ids; a slice, empty at the end.
    virtual awaitable<result<std::vector<chat_counts>>> chats(const index_id& index, core::chat_id after) = 0;
    // Errors: version_mismatch (it is not at `from`; nothing was moved). After unavailable it may have moved.
    // REQUIRES: the same chat; `to` is not (0, 0).
    virtual awaitable<result<void>> move(const index_id& index, const chat_counts& from, const chat_counts& to) = 0;
    // Forgets all of an index.
    virtual awaitable<result<void>> forget(const index_id& index) = 0;
};

}  // namespace confab::ledger
