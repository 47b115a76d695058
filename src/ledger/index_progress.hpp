// The progress of search indexes that another engine stores, for each chat. An engine without transactions cannot store
// its progress together with its texts. Here a position changes in one statement, and only from the position that the
// caller expects.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/error.hpp"
#include "core/entities.hpp"
#include "core/position.hpp"

namespace confab::ledger {

// Identifies an index permanently. An index that was lost and rebuilt has another id, and no progress.
using index_id = std::array<std::byte, 16>;

// Notes of chats that are not indexed yet. The writer stores a note in the transaction that writes to the chat. A
// worker indexes its own writes without notes. The notes report chats that a worker left unindexed when it ended. Any
// thread, any number of concurrent calls. Errors: unavailable.
class index_notes {
public:
    virtual ~index_notes() = default;

    // The chats with a note older than `time`, the oldest first; at most some thousand.
    virtual awaitable<result<std::vector<core::chat_id>>> noted_before(timestamp time) = 0;
    // Removes the note of a chat if it is within these counters. REQUIRES: the index holds the chat up to them.
    virtual awaitable<result<void>> remove_note(const core::chat_position& upto) = 0;
};

using reindex_owner = std::array<std::byte, 16>;  // random

// The ledger's record of the reindex: there is one at most. A reindex owns it by a lease of some seconds, and renews
// the lease. The index is kept for much longer, so that a later reindex can resume an interrupted one. Only the
// database's clock counts.
struct reindex_lease {
    std::string index;        // the name of the index it builds
    core::chat_id last_chat;  // the index holds all chats up to this one, in an earlier state
    std::string since;        // its start, RFC 3339
    bool is_owned = false;    // a reindex runs
    bool is_mine = false;     // the caller is its owner
    bool is_kept = false;     // the index must not be removed
};

// Any thread, any number of concurrent calls. Errors: unavailable.
class reindex_leases {
public:
    virtual ~reindex_leases() = default;

    // Nothing: no reindex has begun, or its record was dropped.
    virtual awaitable<result<std::optional<reindex_lease>>> lease() = 0;
    // Begins a reindex that builds `index`. If an interrupted reindex without an owner exists, takes it over with its
    // index instead. Safe to repeat. Returns the resulting lease; !is_mine: another process owns it.
    virtual awaitable<result<reindex_lease>> claim(const reindex_owner& owner, const std::string& index) = 0;
    // Restarts the reindex with this index, because the index to resume cannot be used. False: the caller no longer
    // owns it.
    virtual awaitable<result<bool>> begin_again(const reindex_owner& owner, const std::string& index) = 0;
    // Renews the lease, extends the time the index is kept, and records the progress. False: the caller no longer owns
    // it.
    virtual awaitable<result<bool>> renew(const reindex_owner& owner, core::chat_id last_chat) = 0;
    // Interrupts the reindex: another may resume it immediately.
    virtual awaitable<result<void>> give_up(const reindex_owner& owner, core::chat_id last_chat) = 0;
    // Completes the reindex.
    virtual awaitable<result<void>> finish(const reindex_owner& owner) = 0;
    // Removes the record of a reindex whose index is no longer kept. So nobody resumes it while its index is removed.
    virtual awaitable<result<void>> drop_expired() = 0;
};

// Any thread, any number of concurrent calls. Errors: unavailable.
class index_progress : public index_notes, public reindex_leases {
public:
    struct chats_slice {
        std::vector<core::chat_id> chats;   // in ascending order
        std::optional<core::chat_id> next;  // continue after this one; nothing: this is the last slice
    };

    // (0, 0): the index is not known to hold anything of this chat.
    virtual awaitable<result<core::chat_position>> find_position(const index_id& index, core::chat_id chat) = 0;
    // A slice of the chats whose position is not (0, 0), in ascending order of their ids. Empty at the end.
    virtual awaitable<result<std::vector<core::chat_position>>> chats(const index_id& index, core::chat_id after) = 0;
    // Errors: version_mismatch (the position is not `from`; nothing changed), unavailable (the position may have
    // changed). REQUIRES: both are of the same chat; `to` is not (0, 0).
    virtual awaitable<result<void>> move(const index_id& index, const core::chat_position& from,
                                         const core::chat_position& to) = 0;
    // Records that the index may hold texts of this chat, at position (0, 0). Call it before the first text is stored:
    // then changed_chats() finds a chat whose indexing was interrupted.
    virtual awaitable<result<void>> begin(const index_id& index, core::chat_id chat) = 0;
    // The chats after this one that have more changes than their position. Chats at (0, 0) count too.
    virtual awaitable<result<chats_slice>> changed_chats(const index_id& index, core::chat_id after) = 0;
    // Removes all positions of an index.
    virtual awaitable<result<void>> forget(const index_id& index) = 0;
    // All indexes that have positions.
    virtual awaitable<result<std::vector<index_id>>> indexes() = 0;
    // The number of messages in chats that have at least `messages_min`.
    virtual awaitable<result<std::uint64_t>> messages_in_chats_of(std::uint64_t messages_min) = 0;
};

}  // namespace confab::ledger
