// The inactive indexes of a ledger, beside the searched one: built by a reindex, left by an interrupted reindex, or
// just replaced. Texts deleted from the ledger must leave them too, since each may be searched later.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "search/indexed/index.hpp"

namespace confab::search {

// Errors: unavailable.
class inactive_index {
public:
    struct slice {
        std::vector<core::chat_id> chats;   // in order of their ids
        std::optional<core::chat_id> next;  // continue after this id; nothing: the end was reached
    };

    virtual ~inactive_index() = default;
    virtual index& reader() = 0;
    virtual index_writer& writer() = 0;
    // The chats above `after` that the index contains and that have changed since.
    virtual awaitable<result<slice>> changed_chats(core::chat_id after) = 0;
};

// REQUIRES of all calls: they are awaited on an event loop that one thread runs. Errors: unavailable.
class inactive_indexes {
public:
    virtual ~inactive_indexes() = default;

    virtual awaitable<result<std::vector<std::unique_ptr<inactive_index>>>> all() = 0;
    // Removes the indexes that no reindex may resume, and the records of indexes that are gone. An index is removed
    // only if the previous call also found it unused. So a process that still uses it has the time between two calls.
    virtual awaitable<result<void>> remove_unused() = 0;
    // Why the last call failed in the index's engine. Empty: it did not.
    virtual std::string last_failure() const = 0;
};

}  // namespace confab::search
