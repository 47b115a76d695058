#include "search/scan/scan.hpp"

namespace confab::search {
namespace {

class scan final : public port {
public:
    scan(ledger::reader& from, asio::any_io_executor pool) : ledger_(from), pool_(std::move(pool)) {}

    awaitable<result<hits>> find(core::chat_id chat, const core::folded_query& query,
                                 core::message_number before) override {
        hits found;
        if (before.value() == 0) co_return found;
        const ledger::window below{.last = before.value() - 1, .order = ledger::order::descending};
        auto rows = co_await ledger_.messages(chat, below);
        if (!rows) co_return rows.error();
        if (rows->empty()) co_return found;
        found.next = rows->back().number;
        co_await run_on(pool_, [&] {
            return std::erase_if(*rows, [&](const core::message& m) { return m.deleted_at || !query.is_in(m.content); });
        });
        found.messages = std::move(*rows);
        co_return found;
    }

private:
    ledger::reader& ledger_;
    asio::any_io_executor pool_;
};

}  // namespace

std::unique_ptr<port> make_scan(ledger::reader& from, asio::any_io_executor pool) {
    return std::make_unique<scan>(from, std::move(pool));
}

}  // namespace confab::search
