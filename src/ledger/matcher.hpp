// Compares messages with a query, for searches. Threads, visibility and errors: reader.hpp.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/async.hpp"
#include "base/error.hpp"
#include "core/entities.hpp"
#include "core/folding.hpp"
#include "ledger/slice.hpp"

namespace confab::ledger {

// The maximum messages, and about the maximum bytes, that one call compares with a query. That is some tens of
// milliseconds of work.
inline constexpr std::size_t match_rows_max = 20'000;
inline constexpr std::size_t match_bytes_max = 2 * 1024 * 1024;

struct matches {
    std::vector<core::message> rows;
    std::optional<window> remaining;  // not compared yet; nothing: the window is complete
};

// The matching messages among those requested by number. `examined`: how many of the numbers, from the first on, were
// compared.
struct matches_by_number {
    std::vector<core::message> rows;
    std::size_t examined = 0;
};

class matcher {
public:
    virtual ~matcher() = default;

    // The messages of the window whose content contains the query. Tombstones never match. Compares at most
    // match_rows_max messages, which bounds the work, and returns the remaining window. REQUIRES: `query` outlives the
    // call.
    virtual awaitable<result<matches>> matching(core::chat_id chat, window w, const core::folded_query& query) = 0;

    // The numbered messages whose content contains the query, in this order. Stops after about slice_bytes_max bytes of
    // hits. REQUIRES: `numbers` and `query` outlive the call.
    virtual awaitable<result<matches_by_number>> matching(core::chat_id chat,
                                                          std::span<const core::message_number> numbers,
                                                          const core::folded_query& query) = 0;
};

}  // namespace confab::ledger
