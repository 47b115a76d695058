#include "ledger/mysql/store.hpp"

#include <fmt/core.h>

#include <map>
#include <vector>

#include "ledger/mysql/changes.hpp"
#include "ledger/mysql/insert.hpp"
#include "ledger/mysql/rows.hpp"

namespace confab::ledger::mysql {
namespace {

std::size_t no_bytes(const void*) {
    return 0;
}

awaitable<void> insert_apps(confab::mysql::connection& db, const std::vector<const core::app_created*>& apps) {
    co_await insert(db, "insert into apps(id, token, name, job, created_at, updated_at) values", "(?,?,?,?,?,?)", {},
                    apps, no_bytes, [](confab::mysql::parameters& values, const core::app_created* e) {
                        values.add(e->id.value());
                        values.add(e->token.text());
                        values.add(e->name);
                        values.add(confab::mysql::blob(e->job));
                        values.add(e->at.us);
                        values.add(e->at.us);
                    });
}

awaitable<void> insert_chats(confab::mysql::connection& db, const std::vector<const core::chat_created*>& chats) {
    co_await insert(db, "insert into chats(id, app_id, number, job, created_at, updated_at) values", "(?,?,?,?,?,?)",
                    {}, chats, no_bytes, [](confab::mysql::parameters& values, const core::chat_created* e) {
                        values.add(e->id.value());
                        values.add(e->app.value());
                        values.add(e->number.value());
                        values.add(confab::mysql::blob(e->job));
                        values.add(e->at.us);
                        values.add(e->at.us);
                    });
}

awaitable<void> insert_messages(confab::mysql::connection& db,
                                const std::vector<const core::message_created*>& messages) {
    co_await insert(
        db, "insert into messages(chat_id, number, content, sender, metadata, job, created_at, updated_at) values",
        "(?,?,?,?,?,?,?,?)", {}, messages,
        [](const core::message_created* e) { return e->content.size() + (e->metadata ? e->metadata->size() : 0); },
        [](confab::mysql::parameters& values, const core::message_created* e) {
            values.add(e->chat.value());
            values.add(e->number.value());
            values.add(e->content);
            values.add(e->sender);
            values.add(e->metadata);
            values.add(confab::mysql::blob(e->job));
            values.add(e->at.us);
            values.add(e->at.us);
        });
}

awaitable<void> rename_apps(confab::mysql::connection& db, const std::vector<const core::app_renamed*>& renames) {
    for (const auto* e : renames)
        co_await db.run("update apps set name = ?, updated_at = ?, job = ? where id = ?", e->name, e->at.us,
                        confab::mysql::blob(e->job), e->id.value());
}

awaitable<void> insert_keys(confab::mysql::connection& db, const std::vector<const core::key_used*>& keys,
                            const database_clock& clock) {
    // A batch may have an expired key and a new use of it: the last one counts.
    co_await insert(db, "replace into idempotency(scope, key_hash, fingerprint, number, expires_at) values",
                    "(?,?,?,?,?)", {}, keys, no_bytes, [&](confab::mysql::parameters& values, const core::key_used* e) {
                        values.add(encode(e->scope));
                        values.add(confab::mysql::blob(e->key_hash));
                        values.add(confab::mysql::blob(e->fingerprint));
                        values.add(e->number);
                        values.add(clock.to_database(e->expires_at).us);
                    });
}

// The server scans the list of cases for every row.
constexpr std::size_t counters_in_a_statement = 64;

// The text contains only numbers, so it needs no parameters.
template <class Id>
std::string update_of(std::string_view table, std::string_view column, const number_ranges<Id>& given) {
    std::string all;
    for (auto at = given.begin(); at != given.end();) {
        std::string cases, ids;
        for (std::size_t i = 0; i < counters_in_a_statement && at != given.end(); ++i, ++at) {
            const auto id = at->first.value();
            fmt::format_to(std::back_inserter(cases), " when {} then {}", id, at->second.last);
            fmt::format_to(std::back_inserter(ids), "{}{}", i > 0 ? "," : "", id);
        }
        fmt::format_to(std::back_inserter(all), "update {0} set {1} = case id{2} end where id in ({3});", table, column,
                       cases, ids);
    }
    return all;
}

}  // namespace

// All creations are first, since a batch may create a message and edit it.
awaitable<void> store(confab::mysql::connection& db, const rows_to_write& rows, const database_clock& clock) {
    const auto& [apps, renames, chats, messages, changes, keys] = rows;
    co_await insert_apps(db, apps);
    co_await insert_chats(db, chats);
    co_await insert_messages(db, messages);
    co_await rename_apps(db, renames);
    co_await store_changes(db, changes);
    co_await insert_keys(db, keys, clock);
}

std::string counter_updates(const moved_counters& counters) {
    const auto& [chats, messages, changes] = counters;
    return update_of("apps", "chats_count", chats) + update_of("chats", "messages_count", messages) +
           update_of("chats", "changes_count", changes);
}

std::string notes_for_index(const effects_by_kind& effects, std::uint64_t after, const database_clock& clock) {
    if (after == 0) return {};
    std::map<core::chat_id, core::position> pending;
    for (const auto& [chat, given] : effects.counters.messages) {
        const auto multiple = given.last - given.last % after;
        if (multiple >= given.first) pending[chat].messages = multiple;
    }
    for (const auto& [chat, given] : effects.counters.changes) pending[chat].changes = given.last;
    if (pending.empty()) return {};
    const auto since = clock.to_database(effects.decided_at);
    std::string rows;
    for (const auto& [chat, upto] : pending)
        fmt::format_to(std::back_inserter(rows), "{}({},{},{},{})", rows.empty() ? "" : ",", chat.value(),
                       upto.messages, upto.changes, since.us);
    return "insert into index_notes(chat_id, messages, changes, since) values" + rows +
           " on duplicate key update messages = greatest(messages, values(messages)), "
           "changes = greatest(changes, values(changes));";
}

}  // namespace confab::ledger::mysql
