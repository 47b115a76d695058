// Indexes of one ledger beside the one that is searched: one that a reindex builds, one that an interrupted reindex
// left, one that was just replaced. What is deleted from the ledger must leave them, too: each may be searched one day.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "search/indexed/index.hpp"

namespace confab::search {

// Errors: unavailable.
class sibling_index {
public:
    struct slice {
        std::vector<core::chat_id> chats;   // in order of their ids
        std::optional<core::chat_id> next;  // to go on after; nothing: the end was reached
    };

    virtual ~sibling_index() = default;
    virtual index& reader() = 0;
    virtual index_writer& writer() = 0;
    // The chats after this one of which it holds something and that have changed since.
    virtual awaitable<result<slice>> changed_chats(core::chat_id after) = 0;
};

// REQUIRES of all calls: they are awaited on an event loop run by one thread. Errors: unavailable.
class sibling_indexes {
public:
    virtual ~sibling_indexes() = default;

    virtual awaitable<result<std::vector<std::unique_ptr<sibling_index>>>> all() = 0;
    // Removes those that no reindex may resume, and what is remembered of indexes that are gone. An index goes only
    // if the call before found it unused, too: so somebody who still asks for it has the time between two calls.
    virtual awaitable<result<void>> remove_unused() = 0;
    // Why the last call failed, if the index's engine failed; else empty.
    virtual std::string last_failure() const = 0;
};

}  // namespace confab::search
