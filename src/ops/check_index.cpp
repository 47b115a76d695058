// Each slice is read first from the index, then from the ledger. So the check also works while a server runs: the
// ledger is at least as new as the slice. A message that changed after the index's position may differ.
#include "ops/check_index.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "core/folding.hpp"

namespace confab::ops {
namespace {

// The changes of a chat after the index's position. Each is read once for all slices.
class later_changes {
public:
    // Reads from change `reached` to the last one.
    awaitable<result<void>> read(ledger::auditor& ledger, core::chat_id chat, std::uint64_t reached) {
        if (!started_at_ || reached < *started_at_) *this = later_changes(reached);
        for (;;) {
            const auto slice = co_await ledger.changes(chat, read_to_);
            if (!slice) co_return slice.error();
            if (slice->empty()) co_return result<void>();
            for (const auto& c : *slice) last_of_[c.message] = c.seq;
            read_to_ = slice->back().seq;
        }
    }

    // Whether the change is missing; true only once per change.
    bool is_found_missing(std::uint64_t change) {
        return change > read_to_ && std::exchange(found_missing_, change) != change;
    }
    bool has_changed(core::message_number message, std::uint64_t after) const {
        const auto found = last_of_.find(message);
        return found != last_of_.end() && found->second > after;
    }

    later_changes() = default;

private:
    // Includes the change `reached`, which must exist.
    explicit later_changes(std::uint64_t reached) : started_at_(reached), read_to_(reached > 0 ? reached - 1 : 0) {}

    std::optional<std::uint64_t> started_at_;
    std::uint64_t read_to_ = 0, found_missing_ = 0;
    std::unordered_map<core::message_number, std::uint64_t> last_of_;
};

class index_checker {
public:
    index_checker(ledger::auditor& ledger, search::index_auditor& index, check_report report, progress reporter)
        : ledger_(ledger), index_(index), report_(std::move(report)), progress_(std::move(reporter)) {}

    awaitable<result<check_report>> run() {
        auto engine = co_await index_.engine_findings();
        if (!engine) co_return engine.error();
        for (auto& line : *engine) report_.add_finding("the search index: " + line);
        std::uint64_t total = 0;
        const auto count = [&](const core::chat_position& c) -> awaitable<result<void>> {
            total += c.position.messages;
            co_return result<void>();
        };
        if (const auto ok = co_await for_each_chat(count); !ok) co_return ok.error();
        progress_.begin("messages in the search index", total);
        const auto check = [this](const core::chat_position& c) { return check_chat(c.chat, c.position.messages); };
        if (const auto ok = co_await for_each_chat(check); !ok) co_return ok.error();
        co_return std::move(report_);
    }

private:
    template <class Work>
    awaitable<result<void>> for_each_chat(const Work& work) {
        for (core::chat_id after;;) {
            const auto chats = co_await index_.chats(after);
            if (!chats) co_return chats.error();
            if (chats->empty()) co_return result<void>();
            for (const auto& c : *chats)
                if (const auto ok = co_await work(c); !ok) co_return ok.error();
            after = chats->back().chat;
        }
    }

    awaitable<result<void>> check_chat(core::chat_id chat, std::uint64_t reached) {
        core::message_number last;
        later_changes changes;
        for (;;) {
            const auto slice = co_await index_.texts(chat, last);
            if (!slice) co_return slice.error();
            if (slice->texts.empty()) break;
            reached = slice->position.messages;
            for (const auto& t : slice->texts)
                if (t.number != std::exchange(last, t.number).next()) add_finding(chat, t.number, "out of sequence");
            if (const auto ok = co_await compare(chat, *slice, changes); !ok) co_return ok.error();
            report_.indexed += slice->texts.size();
            progress_.add(slice->texts.size());
        }
        if (last.value() < reached) add_finding(chat, last, "is the last, but the index's position is higher");
        co_return result<void>();
    }

    awaitable<result<void>> compare(core::chat_id chat, const search::index_auditor::slice& slice,
                                    later_changes& changes) {
        if (const auto ok = co_await ledger_.refresh(); !ok) co_return ok.error();
        const auto reached = slice.position.changes;
        if (const auto ok = co_await changes.read(ledger_, chat, reached); !ok) co_return ok.error();
        if (changes.is_found_missing(reached))
            report_.add_finding(
                fmt::format("the search index: chat id {}: change {} is not in the ledger", chat.value(), reached));
        const auto last = slice.texts.back().number.value();
        for (auto at = slice.texts.begin(); at != slice.texts.end();) {
            const auto rows = co_await ledger_.texts(chat, {.after = at->number.value() - 1, .last = last});
            if (!rows) co_return rows.error();
            if (rows->empty()) {
                add_finding(chat, at->number, "is not in the ledger");
                co_return result<void>();
            }
            for (const auto& row : *rows) {
                if (at == slice.texts.end()) break;
                if (!changes.has_changed(row.number, reached)) compare(chat, *at, row);
                ++at;
            }
        }
        co_return result<void>();
    }

    void compare(core::chat_id chat, const search::indexed_text& indexed, const ledger::text& row) {
        if (indexed.number != row.number) return add_finding(chat, indexed.number, "is not in the ledger");
        if (indexed.version != row.version) return add_finding(chat, row.number, "version differs");
        if (!row.content && !indexed.text.empty()) return add_finding(chat, row.number, "is deleted, but has text");
        if (row.content && core::fold(*row.content) != indexed.text) add_finding(chat, row.number, "text differs");
    }

    void add_finding(core::chat_id chat, core::message_number message, std::string_view what) {
        report_.add_finding(
            fmt::format("the search index: chat id {} message {}: {}", chat.value(), message.value(), what));
    }

    ledger::auditor& ledger_;
    search::index_auditor& index_;
    check_report report_;
    progress progress_;
};

}  // namespace

awaitable<result<check_report>> check_index(ledger::auditor& ledger, search::index_auditor& index, check_report report,
                                            progress reporter) {
    index_checker c(ledger, index, std::move(report), std::move(reporter));
    co_return co_await c.run();
}

}  // namespace confab::ops
