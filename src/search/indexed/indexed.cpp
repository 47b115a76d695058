// 1. Messages above the index's position are scanned: from `before` down to the position.
// 2. Below the position, the index returns candidates, down to a number that it chooses. The search adds the messages
//    of this range that changed after the position, since the index has old texts of them.
// 3. Each is compared with its row in the ledger. So a false candidate, an edit or a deletion costs a lookup and
//    nothing else.
//
// Why that misses nothing acknowledged before the call: candidates and position are read together, and the changes
// after them. A change up to the position is in the index. A change above it makes the search compare its message.
// Slices are independent: if the index advances, falls behind or is replaced, the next slice reads another position. An
// index that cannot be read counts as empty: the chat is scanned, within the search's time limit.
#include "search/indexed/indexed.hpp"

#include <algorithm>

namespace confab::search {
namespace {

using numbers = std::vector<core::message_number>;

// The maximum rows that one slice looks up by number. More remain only if a chat changed much after the position.
constexpr std::size_t examined_max = 2'000;

class indexed final : public port {
public:
    indexed(ledger::readers& ledger, index& index) : ledger_(ledger), index_(index) {}

    awaitable<result<hits>> find(core::chat_id chat, const core::folded_query& query,
                                 core::message_number before) override {
        if (before.value() <= 1) co_return hits{};
        const auto known = co_await index_.find_position(chat);
        const auto indexed_messages = known ? known->messages : 0;
        const ledger::window above{
            .after = indexed_messages, .last = before.value() - 1, .order = ledger::order::descending};
        if (above.after < above.last) co_return co_await scan(chat, query, above);
        const auto candidates = co_await index_.candidates(chat, query, before);
        const ledger::window everything{.last = before.value() - 1, .order = ledger::order::descending};
        const bool is_covered = candidates && candidates->position.messages >= everything.last;
        if (!is_covered) co_return co_await scan(chat, query, everything);
        const auto lowest = candidates->next.value_or(core::message_number(1));
        const auto changed = co_await changed_since(chat, candidates->position.changes, lowest, before);
        if (!changed) co_return changed.error();
        co_return co_await compared(chat, query, merged(candidates->numbers, *changed), candidates->next);
    }

private:
    awaitable<result<hits>> scan(core::chat_id chat, const core::folded_query& query, ledger::window w) {
        auto found = co_await ledger_.matching(chat, w, query);
        if (!found) co_return found.error();
        hits h{std::move(found->rows), std::nullopt};
        const auto examined_down_to = found->remaining ? found->remaining->last : w.after;
        if (examined_down_to > 0) h.next = core::message_number(examined_down_to + 1);
        co_return h;
    }

    // The messages from `lowest` on and below `before` that have a change above `seq`.
    awaitable<result<numbers>> changed_since(core::chat_id chat, std::uint64_t seq, core::message_number lowest,
                                             core::message_number before) {
        numbers found;
        for (;;) {
            const auto slice = co_await ledger_.changes(chat, seq);
            if (!slice) co_return slice.error();
            if (slice->empty()) co_return found;
            for (const auto& change : *slice)
                if (change.message >= lowest && change.message < before) found.push_back(change.message);
            seq = slice->back().seq;
        }
    }

    // Both in descending order, each number once.
    static numbers merged(numbers candidates, const numbers& changed) {
        if (changed.empty()) return candidates;
        candidates.insert(candidates.end(), changed.begin(), changed.end());
        std::ranges::sort(candidates, std::greater());
        const auto twice = std::ranges::unique(candidates);
        candidates.erase(twice.begin(), twice.end());
        return candidates;
    }

    awaitable<result<hits>> compared(core::chat_id chat, const core::folded_query& query, numbers all,
                                     std::optional<core::message_number> next) {
        if (all.empty()) co_return hits{.messages = {}, .next = next};
        const auto examined = std::span(all).first(std::min(all.size(), examined_max));
        auto found = co_await ledger_.matching(chat, examined, query);
        if (!found) co_return found.error();
        if (found->examined < all.size()) next = all[found->examined].next();
        co_return hits{.messages = std::move(found->rows), .next = next};
    }

    ledger::readers& ledger_;
    index& index_;
};

}  // namespace

std::unique_ptr<port> make_indexed(ledger::readers& from, index& candidates) {
    return std::make_unique<indexed>(from, candidates);
}

}  // namespace confab::search
