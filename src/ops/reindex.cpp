#include "ops/reindex.hpp"

namespace confab::ops {

awaitable<result<reindex_report>> count_indexed(search::index_writer& filled) {
    reindex_report report;
    for (core::chat_id after;;) {
        const auto chats = co_await filled.chats(after);
        if (!chats) co_return chats.error();
        if (chats->empty()) co_return report;
        report.chats += chats->size();
        for (const auto& c : *chats) report.messages += c.position.messages;
        after = chats->back().chat;
    }
}

awaitable<result<reindex_report>> reindex(search::index_follower& follower, search::index_writer& into) {
    if (const auto emptied = co_await into.clear(); !emptied) co_return emptied.error();
    if (const auto taken = co_await follower.catch_up(); !taken) co_return taken.error();
    const auto report = co_await count_indexed(into);
    if (report) co_await into.maintain();
    co_return report;
}

}  // namespace confab::ops
