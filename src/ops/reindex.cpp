#include "ops/reindex.hpp"

namespace confab::ops {
namespace {

awaitable<result<reindex_report>> report_of(search::index_writer& filled) {
    reindex_report report;
    for (core::chat_id after;;) {
        const auto chats = co_await filled.chats(after);
        if (!chats) co_return chats.error();
        if (chats->empty()) co_return report;
        report.chats += chats->size();
        for (const auto& c : *chats) report.messages += c.reach.messages;
        after = chats->back().chat;
    }
}

}  // namespace

awaitable<result<reindex_report>> reindex(write::index_follower& follower, search::index_writer& into) {
    if (const auto emptied = co_await into.clear(); !emptied) co_return emptied.error();
    if (const auto taken = co_await follower.catch_up(); !taken) co_return taken.error();
    const auto report = co_await report_of(into);
    if (report) co_await into.tidy();
    co_return report;
}

// The second look is short, so that little is left to be scanned when the index takes over. The third finds what a
// worker still brought to the old one, such as the end of a message that was deleted.
awaitable<result<reindex_report>> reindex_beside(ledger::reader& ledger, const search::elastic_index_options& index,
                                                 ledger::index_progress& progress, write::follower_options options) {
    const auto home = co_await asio::this_coro::executor;
    const auto begun = co_await search::begin_elastic_successor(index, progress);
    if (!begun) co_return begun.error();
    auto& next = **begun;
    write::index_follower follower(ledger, next.reader(), next.writer(), options, home);
    if (const auto taken = co_await follower.catch_up(); !taken) co_return taken.error();
    if (const auto taken = co_await follower.catch_up(); !taken) co_return taken.error();
    if (const auto turned = co_await next.take_over(); !turned) co_return turned.error();
    if (const auto taken = co_await follower.catch_up(); !taken) co_return taken.error();
    co_return co_await report_of(next.writer());
}

}  // namespace confab::ops
