// The search index of chats: folded texts by message, and for each chat its reach: how far the ledger it has come.
// Three ports, since three things use it: searches read, the index follower writes, `confab check` audits.
//
// The promise all else leans on: whoever asks for candidates gets, of the messages up to the reach, every one whose
// text contained the query after the chat's changes up to the reach. It may get others (a message that changed since,
// or never had the text: the asker compares each with its row), so an index can be slow and behind, but never wrong.
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

// Nothing of a chat: (0, 0).
struct position {
    std::uint64_t messages = 0;
    std::uint64_t changes = 0;

    friend bool operator==(const position&, const position&) = default;
};

struct chat_position {
    core::chat_id chat;
    search::position position;
};

inline constexpr std::size_t candidates_max = 256;  // each costs its asker a look at its row

struct candidates {
    search::position position;                  // holds for `numbers`
    std::vector<core::message_number> numbers;  // below the asked number, in descending order, at most candidates_max
    std::optional<core::message_number> next;   // where to go on from, above 1; nothing: the beginning was reached
};

// Any thread, any number of calls at once. Errors: unavailable.
class index {
public:
    virtual ~index() = default;

    virtual awaitable<result<search::position>> find_position(core::chat_id chat) = 0;

    // One slice, a bound of work: may end without a number and yet not be the last. Numbers that lie from `below` on or
    // under `next` are not told. REQUIRES: `query` is not empty and lives until the answer.
    virtual awaitable<result<search::candidates>> candidates(core::chat_id chat, const core::folded_query& query,
                                                             core::message_number below) = 0;
};

// A version of a message's text, by core::fold; empty: deleted, or nothing in it is visible.
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

    // The chats with a reach above (0, 0), in order of their ids; empty at the end.
    virtual awaitable<result<std::vector<chat_position>>> chats(core::chat_id after) = 0;

    // Stores the texts and moves the reach, both or neither. Of two versions of a message the later stays; of an
    // earlier one, and of what was deleted, no text is left. Errors: version_mismatch (the chat's reach is not `from`:
    // nothing was stored). REQUIRES: numbers ascend; those above from.messages go on from it without a gap up to
    // to.messages.
    virtual awaitable<result<void>> store(core::chat_id chat, std::span<const indexed_text> texts,
                                          search::position from, search::position to) = 0;

    // Forgets everything.
    virtual awaitable<result<void>> clear() = 0;

    // What is better done between stores than within, also when there is nothing to store: now and then. True: what was
    // there has turned out damaged and was replaced by an empty index, so that every chat is to be stored again.
    virtual awaitable<bool> maintain() = 0;

    // Why the last call failed, if an engine of its own failed, with that engine's name; else empty.
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
    // In order of their numbers; no texts at the end.
    virtual awaitable<result<slice>> texts(core::chat_id chat, core::message_number after) = 0;
    // What the engine itself finds wrong with its files; empty when nothing.
    virtual awaitable<result<std::vector<std::string>>> engine_findings() = 0;
};

}  // namespace confab::search
