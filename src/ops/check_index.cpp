// The index is read first, then the ledger, slice by slice, so that this also works beside a running server: the ledger
// is then at least where the index was. A message that changed after the index's reach may differ from it.
#include "ops/check_index.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_set>

#include "core/folding.hpp"

namespace confab::ops {
namespace {

class index_checker {
public:
    index_checker(ledger::auditor& ledger, search::index_auditor& index, check_report report)
        : ledger_(ledger), index_(index), report_(std::move(report)) {}

    awaitable<result<check_report>> run() {
        auto engine = co_await index_.engine_findings();
        if (!engine) co_return engine.error();
        for (auto& line : *engine) report_.tell("the search index itself: " + line);
        for (core::chat_id after;;) {
            const auto chats = co_await index_.chats(after);
            if (!chats) co_return chats.error();
            if (chats->empty()) co_return std::move(report_);
            for (const auto& c : *chats)
                if (const auto ok = co_await check_chat(c.chat, c.reach.messages); !ok) co_return ok.error();
            after = chats->back().chat;
        }
    }

private:
    awaitable<result<void>> check_chat(core::chat_id chat, std::uint64_t reached) {
        core::message_number last;
        for (;;) {
            const auto slice = co_await index_.texts(chat, last);
            if (!slice) co_return slice.error();
            if (slice->texts.empty()) break;
            reached = slice->reach.messages;
            for (const auto& t : slice->texts)
                if (t.number != std::exchange(last, t.number).next())
                    tell(chat, t.number, "does not follow the one before it");
            if (const auto ok = co_await compare(chat, *slice); !ok) co_return ok.error();
            report_.indexed += slice->texts.size();
        }
        if (last.value() < reached) tell(chat, last, "is the last, though more were taken in");
        co_return result<void>();
    }

    awaitable<result<void>> compare(core::chat_id chat, const search::index_auditor::slice& slice) {
        if (const auto ok = co_await ledger_.refresh(); !ok) co_return ok.error();
        const auto last = slice.reach.changes;
        if (last > 0) {
            const auto from_last = co_await ledger_.changes(chat, last - 1);
            if (!from_last) co_return from_last.error();
            if (from_last->empty())
                report_.tell(
                    fmt::format("the search index: chat id {}: change {} is not in the ledger", chat.value(), last));
        }
        const auto changed = co_await changed_since(chat, last);
        if (!changed) co_return changed.error();
        for (auto at = slice.texts.begin(); at != slice.texts.end();) {
            const auto rows = co_await ledger_.texts(chat, core::message_number(at->number.value() - 1));
            if (!rows) co_return rows.error();
            if (rows->empty()) {
                tell(chat, at->number, "is not in the ledger");
                co_return result<void>();
            }
            for (const auto& row : *rows) {
                if (at == slice.texts.end()) break;
                if (!changed->contains(row.number)) compare(chat, *at, row);
                ++at;
            }
        }
        co_return result<void>();
    }

    void compare(core::chat_id chat, const search::indexed_text& indexed, const ledger::text& row) {
        if (indexed.number != row.number) return tell(chat, indexed.number, "is not in the ledger");
        if (indexed.version != row.version) return tell(chat, row.number, "is there with another version");
        if (!row.content && !indexed.text.empty()) return tell(chat, row.number, "is deleted, but its text is there");
        if (row.content && core::fold(*row.content) != indexed.text)
            tell(chat, row.number, "is there with another text");
    }

    awaitable<result<std::unordered_set<core::message_number>>> changed_since(core::chat_id chat, std::uint64_t seq) {
        std::unordered_set<core::message_number> found;
        for (;;) {
            const auto slice = co_await ledger_.changes(chat, seq);
            if (!slice) co_return slice.error();
            if (slice->empty()) co_return found;
            for (const auto& c : *slice) found.insert(c.message);
            seq = slice->back().seq;
        }
    }

    void tell(core::chat_id chat, core::message_number message, std::string_view what) {
        report_.tell(fmt::format("the search index: chat id {} message {}: {}", chat.value(), message.value(), what));
    }

    ledger::auditor& ledger_;
    search::index_auditor& index_;
    check_report report_;
};

}  // namespace

awaitable<result<check_report>> check_index(ledger::auditor& ledger, search::index_auditor& index,
                                            check_report report) {
    index_checker c(ledger, index, std::move(report));
    co_return co_await c.run();
}

}  // namespace confab::ops
