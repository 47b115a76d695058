// The search index of chats: the folded text of each message, and a position for each chat: how much of the ledger is
// indexed. It has three ports: searches read, the index follower writes, `confab check` audits.
//
// The promise: of the messages up to the position, the candidates contain every one whose text contained the query
// after the chat's changes up to the position. They may contain others: messages that changed since, or never had the
// text. The caller compares each with its row. So an index can be slow and behind, but never wrong.
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

namespace confab::search {

// (0, 0): nothing of the chat is indexed.
struct position {
    std::uint64_t messages = 0;
    std::uint64_t changes = 0;

    friend bool operator==(const position&, const position&) = default;
};

struct chat_position {
    core::chat_id chat;
    search::position position;
};

inline constexpr std::size_t candidates_max = 256;  // each costs the caller a row lookup

struct candidates {
    search::position position;                  // holds for `numbers`
    std::vector<core::message_number> numbers;  // below `below`, in descending order, at most candidates_max
    std::optional<core::message_number> next;   // where to continue, above 1; nothing: the beginning was reached
};

// Any thread, any number of concurrent calls. Errors: unavailable.
class index {
public:
    virtual ~index() = default;

    virtual awaitable<result<search::position>> find_position(core::chat_id chat) = 0;

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

// One writer, one thread. Errors: unavailable (nothing was stored).
class index_writer {
public:
    virtual ~index_writer() = default;

    // The chats above `after` with a position above (0, 0), in order of their ids. Empty: the end.
    virtual awaitable<result<std::vector<chat_position>>> chats(core::chat_id after) = 0;

    // Stores the texts and moves the position, both or neither. The later of two versions of a message is kept. No text
    // remains of earlier versions and of deleted messages. Errors: version_mismatch (the chat's position is not `from`;
    // nothing was stored). REQUIRES: numbers ascend; those above from.messages follow it without a gap up to
    // to.messages.
    virtual awaitable<result<void>> store(core::chat_id chat, std::span<const indexed_text> texts,
                                          search::position from, search::position to) = 0;

    // Deletes all texts and positions.
    virtual awaitable<result<void>> clear() = 0;

    // Maintenance between stores, also when there is nothing to store. Call it periodically. True: the index was
    // damaged and was replaced by an empty one, so every chat must be stored again.
    virtual awaitable<bool> maintain() = 0;

    // Why the last call failed in the index's engine, with the engine's name. Empty: it did not fail, or there is no
    // engine.
    virtual std::string last_failure() const { return {}; }
};

// One caller. Errors: unavailable.
class index_auditor {
public:
    struct slice {
        search::position position;  // holds for `texts`
        std::vector<indexed_text> texts;
    };

    virtual ~index_auditor() = default;

    virtual awaitable<result<std::vector<chat_position>>> chats(core::chat_id after) = 0;
    // In order of their numbers. No texts: the end.
    virtual awaitable<result<slice>> texts(core::chat_id chat, core::message_number after) = 0;
    // The engine's own findings about its files. Empty: none.
    virtual awaitable<result<std::vector<std::string>>> engine_findings() = 0;
};

}  // namespace confab::search
