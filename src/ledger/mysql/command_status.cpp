// Every write first queries the counters of its chat. Chats never vanish, and their counters never decrease. So a
// recent answer still bounds the search for a command that is sent now. It is cached for a second, so a busy chat costs
// one query a second.
#include "ledger/mysql/command_status.hpp"

#include <fmt/core.h>

#include <chrono>
#include <mutex>
#include <unordered_map>

#include "base/fibonacci_hash.hpp"
#include "base/overloaded.hpp"
#include "ledger/mysql/database_clock.hpp"
#include "ledger/mysql/jobs.hpp"
#include "ledger/mysql/rows.hpp"
#include "ledger/mysql/server.hpp"

namespace confab::ledger::mysql {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds snapshot_ttl{1000};
constexpr std::size_t snapshots_max = 100'000;  // some 150 bytes each

// An app, or one of its chats.
struct locator {
    core::app_token app;
    std::uint64_t chat;  // 0: the app itself

    friend bool operator==(const locator&, const locator&) = default;
};
struct locator_hash {
    std::size_t operator()(const locator& p) const noexcept {
        return std::hash<core::app_token>{}(p.app) ^ fibonacci_hash(p.chat);
    }
};

// Any thread.
class snapshot_cache {
public:
    // A fresh entry. The first caller that finds an entry expired gets nothing, and reads the counters for all.
    std::optional<core::last_seen> find(const locator& at) {
        const std::lock_guard lock(mutex_);
        const auto found = all_.find(at);
        if (found == all_.end()) return std::nullopt;
        const auto moment = clock::now();
        if (moment < found->second.expires_at) return found->second.seen;
        found->second.expires_at = moment + snapshot_ttl;
        return std::nullopt;
    }

    void put(const locator& at, const core::last_seen& seen) {
        const std::lock_guard lock(mutex_);
        if (all_.size() >= snapshots_max) all_.clear();
        all_.insert_or_assign(at, cached_snapshot{seen, clock::now() + snapshot_ttl});
    }

private:
    struct cached_snapshot {
        core::last_seen seen;
        clock::time_point expires_at;
    };
    std::mutex mutex_;
    std::unordered_map<locator, cached_snapshot, locator_hash> all_;
};

std::optional<locator> locator_of(const core::command& c) {
    return std::visit(
        [](const auto& payload) -> std::optional<locator> {
            if constexpr (requires { payload.chat; })
                return locator{payload.app, payload.chat.value()};
            else if constexpr (requires { payload.app; })
                return locator{payload.app, 0};
            else
                return std::nullopt;
        },
        c.payload);
}

class mysql_command_status final : public command_status {
public:
    mysql_command_status(confab::mysql::pool& from, const engine_state& state) : pool_(from), state_(state) {}

    awaitable<result<core::last_seen>> snapshot(const core::command& c) override {
        if (state_.has_fault()) co_return error::unavailable;
        const auto at = locator_of(c);
        if (!at) co_return core::last_seen{};
        if (const auto known = cache_.find(*at)) co_return *known;
        try {
            auto lease = co_await pool_.take();
            const auto seen = co_await read(*lease, *at);
            if (!seen) co_return error::not_found;
            cache_.put(*at, *seen);
            co_return *seen;
        } catch (const confab::mysql::failure& cause) {
            report_failure("reading the counters of a chat", cause);
            co_return error::unavailable;
        }
    }

    awaitable<result<std::optional<core::command_result>>> lookup(const core::command& c,
                                                                  const core::delivery& delivery) override {
        try {
            auto lease = co_await pool_.take();
            const bool is_processed = co_await was_processed(*lease, delivery);
            auto answer = co_await find_job(*lease, c, delivery.seen);
            if (answer || !is_processed) co_return answer;
            co_return co_await refusal(*lease, c, delivery);
        } catch (const confab::mysql::failure& cause) {
            report_failure("looking up a command", cause);
            co_return error::unavailable;
        }
    }

private:
    using lookup_result = result<std::optional<core::command_result>>;

    static awaitable<std::optional<core::last_seen>> read(confab::mysql::connection& db, const locator& at) {
        std::optional<core::last_seen> seen;
        if (at.chat == 0) {
            const auto rows = co_await db.run("select chats_count from apps where token = ?", at.app.text());
            if (!rows.empty()) seen = core::last_seen{rows.front().number(0), 0};
        } else {
            const auto rows = co_await db.run(
                "select c.messages_count, c.changes_count from apps a join chats c on c.app_id = a.id "
                "where a.token = ? and c.number = ?",
                at.app.text(), at.chat);
            if (!rows.empty()) seen = core::last_seen{rows.front().number(0), rows.front().number(1)};
        }
        co_return seen;
    }

    static awaitable<bool> was_processed(confab::mysql::connection& db, const core::delivery& delivery) {
        if (delivery.epoch == core::epoch_id{}) co_return false;
        const std::uint64_t p = delivery.partition;
        const confab::mysql::blob epoch(delivery.epoch);
        const auto rows = co_await db.run(
            "select position_ms, position_seq from partitions where p = ? and epoch = ? union all "
            "select position_ms, position_seq from past_epochs where p = ? and epoch = ?",
            p, epoch, p, epoch);
        for (const auto row : rows) {
            const core::entry_id position{row.number(0), row.number(1)};
            if (delivery.at <= position) co_return true;
        }
        co_return false;
    }

    // The refusal of a command that was processed without an effect, derived from the current rows.
    static awaitable<lookup_result> refusal(confab::mysql::connection& db, const core::command& c,
                                            const core::delivery& delivery) {
        const std::uint64_t p = delivery.partition;
        const auto letters = co_await db.run(
            "select id from dead_letters where p = ? and epoch = ? and entry_ms = ? and entry_seq = ? "
            "and job = ?",
            p, confab::mysql::blob(delivery.epoch), delivery.at.ms, delivery.at.seq, confab::mysql::blob(c.job));
        if (!letters.empty()) co_return error::rejected;
        if (c.key) {
            auto by_key = co_await result_of_key(db, c);
            if (!by_key || *by_key) co_return by_key;
        }
        const overloaded refusal_of{
            [&](const core::edit_message& payload) { return refusal_of_change(db, payload); },
            [&](const core::delete_message& payload) { return refusal_of_change(db, payload); },
            [&](const core::rename_app& payload) { return refusal_of_rename(db, payload); },
            [](const core::create_app&) { return not_known_yet(); },
            [](const core::create_chat&) { return not_known_yet(); },
            [](const core::create_message&) { return not_known_yet(); },
            [](const core::unreadable&) { return not_known_yet(); },
        };
        auto refused = co_await std::visit(refusal_of, c.payload);
        co_return refused;
    }

    // A creation is not refused because the position is beyond it. If the queue was restored to an earlier state, the
    // entry number may have been used before, and the creation is still to be processed.
    static awaitable<lookup_result> not_known_yet() { co_return std::optional<core::command_result>(); }

    static awaitable<lookup_result> refusal_of_rename(confab::mysql::connection& db, const core::rename_app& payload) {
        const auto app = co_await read(db, {payload.app, 0});
        if (!app) co_return error::not_found;
        co_return error::outcome_unknown;
    }

    static awaitable<lookup_result> result_of_key(confab::mysql::connection& db, const core::command& c) {
        const auto scope = co_await scope_of(db, c);
        if (!scope) co_return std::optional<core::command_result>();
        const auto sql = fmt::format(
            "select fingerprint, number from idempotency where scope = ? and key_hash = ? and expires_at > {}",
            database_time_sql);
        const auto rows = co_await db.run(sql, encode(*scope), confab::mysql::blob(c.key->key_hash));
        if (rows.empty()) co_return std::optional<core::command_result>();
        if (!c.key->matches(bytes_from<digest>(rows.front().bytes(0)))) co_return error::key_reused;
        co_return std::optional<core::command_result>(core::replayed{rows.front().number(1)});
    }

    static awaitable<std::optional<core::key_scope>> scope_of(confab::mysql::connection& db, const core::command& c) {
        using kind = core::key_scope::kind;
        const auto at = locator_of(c);
        std::optional<core::key_scope> scope;
        if (!at) {
            scope = core::key_scope{kind::apps, 0};
        } else if (at->chat == 0) {
            const auto rows = co_await db.run("select id from apps where token = ?", at->app.text());
            if (!rows.empty()) scope = core::key_scope{kind::chats_of_app, rows.front().number(0)};
        } else {
            const auto rows = co_await db.run(
                "select c.id from apps a join chats c on c.app_id = a.id where a.token = ? and c.number = ?",
                at->app.text(), at->chat);
            if (!rows.empty()) scope = core::key_scope{kind::messages_of_chat, rows.front().number(0)};
        }
        co_return scope;
    }

    template <class Payload>
    static awaitable<lookup_result> refusal_of_change(confab::mysql::connection& db, const Payload& payload) {
        const auto rows = co_await db.run(
            "select m.number, m.content, m.sender, m.metadata, m.version, m.created_at, m.updated_at, m.deleted_at "
            "from apps a join chats c on c.app_id = a.id join messages m on m.chat_id = c.id "
            "where a.token = ? and c.number = ? and m.number = ?",
            payload.app.text(), payload.chat.value(), payload.message.value());
        if (rows.empty()) co_return error::not_found;
        const auto now = message_from(rows.front());
        constexpr bool deletes = std::is_same_v<Payload, core::delete_message>;
        if (now.deleted_at && deletes) co_return std::optional<core::command_result>(now);
        if (now.deleted_at) co_return error::deleted;
        const bool is_allowed =
            !payload.only_at || std::ranges::find(*payload.only_at, now.version) != payload.only_at->end();
        if (!is_allowed) co_return error::version_mismatch;
        co_return error::outcome_unknown;
    }

    confab::mysql::pool& pool_;
    const engine_state& state_;
    snapshot_cache cache_;
};

}  // namespace

std::unique_ptr<command_status> make_mysql_command_status(confab::mysql::pool& from, const engine_state& state) {
    return std::make_unique<mysql_command_status>(from, state);
}

}  // namespace confab::ledger::mysql
