// Search: the messages of one chat whose content contains a text, newest first. core/folding.hpp defines the
// comparison.
#pragma once

#include <optional>
#include <vector>

#include "base/async.hpp"
#include "base/error.hpp"
#include "core/entities.hpp"
#include "core/folding.hpp"

namespace confab::search {

struct hits {
    std::vector<core::message> messages;       // below `before`, in descending order
    std::optional<core::message_number> next;  // where to continue; nothing: the beginning of the chat was reached
};

class port {
public:
    virtual ~port() = default;

    // Returns one slice: examines a bounded number of messages below `before`. Sees everything that was committed
    // before the call. Any thread, any number of concurrent calls. Errors: unavailable. REQUIRES: `query` lives until
    // the answer.
    virtual awaitable<result<hits>> find(core::chat_id chat, const core::folded_query& query,
                                         core::message_number before) = 0;
};

}  // namespace confab::search
