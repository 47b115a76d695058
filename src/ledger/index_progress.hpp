// How far search indexes that are kept elsewhere have come, chat by chat. An engine without transactions cannot keep
// that beside its texts; here it moves in one statement, and only from where it was thought to be.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
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
    virtual awaitable<result<void>> remove_note(const chat_counts& upto) = 0;
};

using reindex_owner = std::array<std::byte, 16>;  // random

// What the ledger knows of the only reindex there may be. A reindex owns it by a lease of some seconds that it renews.
// The index is kept for much longer, so that a later reindex can resume one that ended early. Only the database's
// clock counts.
struct reindex_lease {
    std::string index;        // the name of the index that it builds
    core::chat_id last_chat;  // the index holds all chats up to this one, as they were then
    std::string since;        // when it began, RFC 3339
    bool is_owned = false;    // it runs
    bool is_mine = false;     // and is the caller's
    bool is_kept = false;     // the index is not to be removed
};

// Any thread, any number of calls at once. Errors: unavailable.
class reindex_leases {
public:
    virtual ~reindex_leases() = default;

    // Nothing: no reindex was begun, or what is left of it was dropped.
    virtual awaitable<result<std::optional<reindex_lease>>> lease() = 0;
    // Begins one that builds `index`, or takes over one that nobody owns any more, with its index. May be repeated. The
    // lease as it is then: somebody else's if !is_mine.
    virtual awaitable<result<reindex_lease>> claim(const reindex_owner& owner, const std::string& index) = 0;
    // The index it was to resume is of no use: begins again with this one. False: it is not the owner's any more.
    virtual awaitable<result<bool>> begin_again(const reindex_owner& owner, const std::string& index) = 0;
    // Prolongs both leases and notes how far it came. False: as above.
    virtual awaitable<result<bool>> renew(const reindex_owner& owner, core::chat_id last_chat) = 0;
    // Ends early: another may resume it at once.
    virtual awaitable<result<void>> give_up(const reindex_owner& owner, core::chat_id last_chat) = 0;
    // Ends for good.
    virtual awaitable<result<void>> finish(const reindex_owner& owner) = 0;
    // Forgets a reindex whose index is not kept any longer; so nobody resumes it while it is removed.
    virtual awaitable<result<void>> drop_expired() = 0;
};

// Any thread, any number of calls at once. Errors: unavailable.
class index_progress : public index_notes, public reindex_leases {
public:
    struct chats_slice {
        std::vector<core::chat_id> chats;   // in order of their ids
        std::optional<core::chat_id> next;  // to go on after; nothing: the end was reached
    };

    // (0, 0): nothing of this chat is known to be there.
    virtual awaitable<result<chat_counts>> find_position(const index_id& index, core::chat_id chat) = 0;
    // The chats of which there is something, in order of their ids; a slice, empty at the end.
    virtual awaitable<result<std::vector<chat_counts>>> chats(const index_id& index, core::chat_id after) = 0;
    // Errors: version_mismatch (it is not at `from`; nothing was moved). After unavailable it may have moved.
    // REQUIRES: the same chat; `to` is not (0, 0).
    virtual awaitable<result<void>> move(const index_id& index, const chat_counts& from, const chat_counts& to) = 0;
    // From now on the index may hold texts of this chat, though it has come nowhere. To be called before the first are
    // stored: who is interrupted while it stores leaves a chat that changed_chats() finds.
    virtual awaitable<result<void>> begin(const index_id& index, core::chat_id chat) = 0;
    // The chats of the index after this one that have more changes than it has come to, those that have begun too.
    virtual awaitable<result<chats_slice>> changed_chats(const index_id& index, core::chat_id after) = 0;
    // Forgets all of an index.
    virtual awaitable<result<void>> forget(const index_id& index) = 0;
    // All of which something is remembered.
    virtual awaitable<result<std::vector<index_id>>> indexes() = 0;
    // How many messages there are in chats of so many or more.
    virtual awaitable<result<std::uint64_t>> messages_in_chats_of(std::uint64_t messages_min) = 0;
};

}  // namespace confab::ledger
