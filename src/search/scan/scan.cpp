#include "search/scan/scan.hpp"

namespace confab::search {
namespace {

class scan final : public port {
public:
    explicit scan(ledger::matcher& from) : ledger_(from) {}

    awaitable<result<hits>> find(core::chat_id chat, const core::folded_query& query,
                                 core::message_number before) override {
        hits found;
        if (before.value() == 0) co_return found;
        const ledger::window below{.last = before.value() - 1, .order = ledger::order::descending};
        auto matches = co_await ledger_.matching(chat, below, query);
        if (!matches) co_return matches.error();
        found.messages = std::move(matches->rows);
        if (matches->remaining) found.next = core::message_number(matches->remaining->last + 1);
        co_return found;
    }

private:
    ledger::matcher& ledger_;
};

}  // namespace

std::unique_ptr<port> make_scan(ledger::matcher& from) {
    return std::make_unique<scan>(from);
}

}  // namespace confab::search
