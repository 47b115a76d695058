#include "ops/check.hpp"

#include <fmt/core.h>

#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/counted.hpp"

namespace confab::ops {
namespace {

using ledger::auditor;

// Finds the numbers of a sequence that are not the previous number plus one.
class sequence {
public:
    // False: the number does not continue the sequence.
    bool continues_with(std::uint64_t number) { return number == std::exchange(last_, number) + 1; }
    std::uint64_t last() const { return last_; }

private:
    std::uint64_t last_ = 0;
};

class checker {
public:
    checker(auditor& ledger, progress reporter) : ledger_(ledger), progress_(std::move(reporter)) {}

    awaitable<result<check_report>> run() {
        if (auto ok = co_await ledger_.refresh(); !ok) co_return ok.error();
        auto engine = co_await ledger_.engine_findings();
        if (!engine) co_return engine.error();
        for (auto& line : *engine) add_finding("the database: " + line);
        const auto orphans = co_await ledger_.orphans();
        if (!orphans) co_return orphans.error();
        if (*orphans > 0) add_finding(counted(*orphans, "row belongs", "rows belong") + " to nothing");
        const auto rows = co_await ledger_.counted_rows();
        if (!rows) co_return rows.error();
        progress_.begin("messages and changes", *rows);
        if (auto ok = co_await check_apps(); !ok) co_return ok.error();
        co_return std::move(report_);
    }

private:
    awaitable<result<void>> check_apps() {
        for (core::app_id after;;) {
            if (auto ok = co_await ledger_.refresh(); !ok) co_return ok.error();
            const auto apps = co_await ledger_.apps(after, ledger::slice_rows_max);
            if (!apps) co_return apps.error();
            if (apps->empty()) co_return result<void>();
            for (const auto& app : *apps)
                if (auto ok = co_await check_app(app); !ok) co_return ok.error();
            after = apps->back().id;
        }
    }

    awaitable<result<void>> check_app(const auditor::app_row& listed) {
        if (auto ok = co_await ledger_.refresh(); !ok) co_return ok.error();
        const auto now = co_await ledger_.apps(core::app_id(listed.id.value() - 1), 1);
        if (!now) co_return now.error();
        const auto& app = now->empty() ? listed : now->front();
        const auto name = fmt::format("app {}", app.token);
        ++report_.apps;
        if (app.id != listed.id) add_finding(name + ": row has disappeared");
        if (!core::app_token::parse(app.token)) add_finding(name + ": invalid token");
        sequence numbers;
        std::vector<core::chat_number> chats;
        for (;;) {
            const auto slice =
                co_await ledger_.chats(app.id, core::chat_number(numbers.last()), ledger::slice_rows_max);
            if (!slice) co_return slice.error();
            if (slice->empty()) break;
            for (const auto& chat : *slice) {
                check_sequence(numbers, chat.number.value(), name, "chat");
                chats.push_back(chat.number);
            }
        }
        compare(name, "chats_count", app.chats_count, numbers.last());
        for (const auto number : chats)
            if (auto ok = co_await check_chat(app.id, number, name); !ok) co_return ok.error();
        co_return result<void>();
    }

    awaitable<result<void>> check_chat(core::app_id app, core::chat_number number, const std::string& app_name) {
        if (auto ok = co_await ledger_.refresh(); !ok) co_return ok.error();
        const auto now = co_await ledger_.chats(app, core::chat_number(number.value() - 1), 1);
        if (!now) co_return now.error();
        const auto name = fmt::format("{} chat {}", app_name, number.value());
        if (now->empty() || now->front().number != number) {
            add_finding(name + ": row has disappeared");
            co_return result<void>();
        }
        const auto& chat = now->front();
        ++report_.chats;
        messages_seen seen;
        if (auto ok = co_await check_messages(chat, name, seen); !ok) co_return ok.error();
        co_return co_await check_changes(chat, name, seen);
    }

    using versions = std::unordered_map<std::uint64_t, std::uint64_t>;

    // The messages that the changes of a chat must match.
    struct messages_seen {
        versions edited;  // those above version 1
        std::unordered_set<std::uint64_t> deleted;
    };

    awaitable<result<void>> check_messages(const auditor::chat_row& chat, const std::string& name,
                                           messages_seen& seen) {
        sequence numbers;
        for (;;) {
            const auto slice = co_await ledger_.messages(chat.id, core::message_number(numbers.last()));
            if (!slice) co_return slice.error();
            if (slice->empty()) break;
            for (const auto& message : *slice) {
                check_sequence(numbers, message.number.value(), name, "message");
                if (message.version != 1) seen.edited[message.number.value()] = message.version;
                if (message.is_deleted) seen.deleted.insert(message.number.value());
                if (message.is_deleted && (message.has_content || message.has_metadata))
                    add_finding(fmt::format("{} message {}: is deleted, but has text", name, message.number.value()));
                if (!message.is_deleted && !message.has_content)
                    add_finding(fmt::format("{} message {}: has no text", name, message.number.value()));
            }
            report_.messages += slice->size();
            progress_.add(slice->size());
        }
        compare(name, "messages_count", chat.messages_count, numbers.last());
        co_return result<void>();
    }

    awaitable<result<void>> check_changes(const auditor::chat_row& chat, const std::string& name,
                                          const messages_seen& seen) {
        sequence seqs;
        versions reached;
        for (;;) {
            const auto slice = co_await ledger_.changes(chat.id, seqs.last());
            if (!slice) co_return slice.error();
            if (slice->empty()) break;
            for (const auto& change : *slice) {
                if (change.message.value() < 1 || change.message.value() > chat.messages_count) {
                    add_finding(fmt::format("{} change {}: message {} does not exist", name, change.seq,
                                            change.message.value()));
                }
                check_sequence(seqs, change.seq, name, "change");
                auto& version = reached.try_emplace(change.message.value(), 1).first->second;
                if (change.version != ++version) {
                    add_finding(fmt::format("{} message {}: change {} made version {}, expected {}", name,
                                            change.message.value(), change.seq, change.version, version));
                }
            }
            for (const auto& change : *slice)
                if (change.has_text && seen.deleted.contains(change.message.value()))
                    add_finding(fmt::format("{} message {}: is deleted, but its history has text", name,
                                            change.message.value()));
            report_.changes += slice->size();
            progress_.add(slice->size());
        }
        compare(name, "changes_count", chat.changes_count, seqs.last());
        for (const auto& [message, version] : seen.edited) compare_version(name, message, version, reached);
        for (const auto& [message, version] : reached)
            if (!seen.edited.contains(message)) compare_version(name, message, 1, reached);
        co_return result<void>();
    }

    void compare_version(const std::string& chat, std::uint64_t message, std::uint64_t version,
                         const versions& reached) {
        const auto found = reached.find(message);
        const std::uint64_t expected = found == reached.end() ? 1 : found->second;
        if (version == expected) return;
        add_finding(fmt::format("{} message {}: version is {}, expected {} from its changes", chat, message, version,
                                expected));
    }

    void check_sequence(sequence& numbers, std::uint64_t number, const std::string& where, std::string_view what) {
        const auto before = numbers.last();
        if (!numbers.continues_with(number))
            add_finding(fmt::format("{}: {} {} follows {}", where, what, number, before));
    }

    void compare(const std::string& where, std::string_view count, std::uint64_t stored, std::uint64_t last) {
        if (stored != last) add_finding(fmt::format("{}: {} is {}, the last number is {}", where, count, stored, last));
    }

    void add_finding(std::string finding) { report_.add_finding(std::move(finding)); }

    auditor& ledger_;
    progress progress_;
    check_report report_;
};

}  // namespace

awaitable<result<check_report>> check(ledger::auditor& ledger, progress reporter) {
    checker c(ledger, std::move(reporter));
    co_return co_await c.run();
}

}  // namespace confab::ops
