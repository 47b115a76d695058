// Search: the messages of one chat whose content contains a text, by the comparison of core/folding.hpp, newest first.
#pragma once

#include <optional>
#include <vector>

#include "base/async.hpp"
#include "base/error.hpp"
#include "core/entities.hpp"
#include "core/folding.hpp"

namespace confab::search {

struct hits {
    std::vector<core::message> messages;       // below the asked number, in descending order
    std::optional<core::message_number> next;  // where to go on from; nothing: the beginning of the chat was reached
};

class port {
public:
    virtual ~port() = default;

    // One slice of the answer: looks at a bounded number of messages numbered below `before`. Sees all that was
    // committed before the call. Any thread, any number of calls at once. Errors: unavailable. REQUIRES: `query` lives
    // until the answer.
    virtual awaitable<result<hits>> find(core::chat_id chat, const core::folded_query& query,
                                         core::message_number before) = 0;
};

}  // namespace confab::search
