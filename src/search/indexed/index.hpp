// The search index of chats: the folded text of each message, and a position for each chat: how much of the ledger is
// indexed. It has three ports: searches read, the index follower writes, `confab check` audits.
//
// The promise: the candidates contain every message up to the position that has the query in its text, if the message
// has not changed after the position. The caller looks up the messages that changed after it. Candidates may also be
// messages without the query, so the caller compares each with its row. So an index may be slow or behind, but no
// search result is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/error.hpp"
#include "core/folding.hpp"
#include "core/ids.hpp"
#include "core/position.hpp"

namespace confab::search {

inline constexpr std::size_t candidates_max = 256;  // each costs the caller a row lookup

struct candidates {
    core::position position;                    // holds for `numbers`
    std::vector<core::message_number> numbers;  // below `below`, in descending order, at most candidates_max
    std::optional<core::message_number> next;   // the `below` of the next slice, above 1; nothing: this is the last one
};

// Any thread, any number of concurrent calls. Errors: unavailable.
class index {
public:
    virtual ~index() = default;

    // How much of the chat is indexed. A text may be newer than its position, never older.
    virtual awaitable<result<core::position>> find_position(core::chat_id chat) = 0;

    // Returns one slice, with bounded work. A slice without numbers need not be the last. All numbers are below `below`
    // and not below `next`. REQUIRES: `query` is not empty and lives until the answer.
    virtual awaitable<result<search::candidates>> candidates(core::chat_id chat, const core::folded_query& query,
                                                             core::message_number below) = 0;
};

// A version of a message's text, folded by core::fold. Empty: deleted, or without a visible character.
struct indexed_text {
    core::message_number number;
    std::uint64_t version = 1;
    std::string text;

    friend bool operator==(const indexed_text&, const indexed_text&) = default;
};

// One thread. In a cluster, other processes write to the same index. Errors: unavailable.
class index_writer {
public:
    virtual ~index_writer() = default;

    // A slice of the chats above `after` with a position above (0, 0), in order of their ids. Empty: the end.
    virtual awaitable<result<std::vector<core::chat_position>>> chats(core::chat_id after) = 0;

    // Stores the texts, then moves the position. The later of two versions of a message is kept. No text remains of
    // earlier versions and of deleted messages. Errors: version_mismatch (the chat's position is not `from`, and was
    // not moved), unavailable (the position may have moved). After both, some texts may be stored: call it again from
    // the current position. REQUIRES: numbers ascend; those above from.messages follow it without a gap up to
    // to.messages. Of an inactive index that takes changes only, they may be any changed messages.
    virtual awaitable<result<void>> store(core::chat_id chat, std::span<const indexed_text> texts, core::position from,
                                          core::position to) = 0;

    // Deletes all texts and positions.
    virtual awaitable<result<void>> clear() = 0;

    // Maintenance between stores, also when there is nothing to store. Call it periodically. True: another index has
    // taken its place, for example an empty one after damage. Positions differ, so every chat must be looked at again.
    virtual awaitable<bool> maintain() = 0;

    // Why the last call failed in the index's engine, with the engine's name. Empty: it did not fail, or there is no
    // engine.
    virtual std::string last_failure() const { return {}; }
};

// One caller. Errors: unavailable.
class index_auditor {
public:
    struct slice {
        core::position position;  // holds for `texts`
        std::vector<indexed_text> texts;
    };

    virtual ~index_auditor() = default;

    virtual awaitable<result<std::vector<core::chat_position>>> chats(core::chat_id after) = 0;
    // In order of their numbers. No texts: the end.
    virtual awaitable<result<slice>> texts(core::chat_id chat, core::message_number after) = 0;
    // The engine's own findings about its files. Empty: none.
    virtual awaitable<result<std::vector<std::string>>> engine_findings() = 0;
};

}  // namespace confab::search
