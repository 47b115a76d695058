#include "ledger/mysql/store.hpp"

#include <fmt/core.h>

#include <map>
#include <vector>

#include "ledger/mysql/changes.hpp"
#include "ledger/mysql/insert.hpp"
#include "ledger/mysql/rows.hpp"

namespace confab::ledger::mysql {
namespace {

template <class Effect>
std::vector<const Effect*> all_of(std::span<const core::effect> effects) {
    std::vector<const Effect*> found;
    for (const auto& e : effects)
        if (const auto* const one = std::get_if<Effect>(&e)) found.push_back(one);
    return found;
}

std::size_t no_bytes(const void*) {
    return 0;
}

awaitable<void> insert_all(confab::mysql::connection& db, std::span<const core::effect> effects) {
    co_await insert(db, "insert into apps(id, token, name, job, created_at, updated_at) values", "(?,?,?,?,?,?)", {},
                    all_of<core::app_created>(effects), no_bytes,
                    [](confab::mysql::parameters& values, const core::app_created* e) {
                        values.add(e->id.value());
                        values.add(e->token.text());
                        values.add(e->name);
                        values.add(confab::mysql::blob(e->job));
                        values.add(e->at.us);
                        values.add(e->at.us);
                    });
    co_await insert(db, "insert into chats(id, app_id, number, job, created_at, updated_at) values", "(?,?,?,?,?,?)",
                    {}, all_of<core::chat_created>(effects), no_bytes,
                    [](confab::mysql::parameters& values, const core::chat_created* e) {
                        values.add(e->id.value());
                        values.add(e->app.value());
                        values.add(e->number.value());
                        values.add(confab::mysql::blob(e->job));
                        values.add(e->at.us);
                        values.add(e->at.us);
                    });
    co_await insert(
        db, "insert into messages(chat_id, number, content, sender, metadata, job, created_at, updated_at) values",
        "(?,?,?,?,?,?,?,?)", {}, all_of<core::message_created>(effects),
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

awaitable<void> rename_all(confab::mysql::connection& db, std::span<const core::effect> effects) {
    for (const auto& e : effects) {
        const auto* const renamed = std::get_if<core::app_renamed>(&e);
        if (!renamed) continue;
        co_await db.run("update apps set name = ?, updated_at = ?, job = ? where id = ?", renamed->name, renamed->at.us,
                        confab::mysql::blob(renamed->job), renamed->id.value());
    }
}

awaitable<void> insert_keys(confab::mysql::connection& db, std::span<const core::effect> effects,
                            const database_clock& clock) {
    // A batch may bring an expired key and use it anew; the last one counts.
    co_await insert(db, "replace into idempotency(scope, key_hash, fingerprint, number, expires_at) values",
                    "(?,?,?,?,?)", {}, all_of<core::key_used>(effects), no_bytes,
                    [&](confab::mysql::parameters& values, const core::key_used* e) {
                        values.add(encode(e->scope));
                        values.add(confab::mysql::blob(e->key_hash));
                        values.add(confab::mysql::blob(e->fingerprint));
                        values.add(e->number);
                        values.add(clock.to_database(e->expires_at).us);
                    });
}

using counters = std::map<std::uint64_t, std::uint64_t>;

// The server walks the list of cases for every row.
constexpr std::size_t counters_in_a_statement = 64;

// Nothing but numbers goes into the text.
std::string update_of(std::string_view table, std::string_view column, const counters& last) {
    std::string all;
    for (auto at = last.begin(); at != last.end();) {
        std::string cases, ids;
        for (std::size_t i = 0; i < counters_in_a_statement && at != last.end(); ++i, ++at) {
            fmt::format_to(std::back_inserter(cases), " when {} then {}", at->first, at->second);
            fmt::format_to(std::back_inserter(ids), "{}{}", i > 0 ? "," : "", at->first);
        }
        fmt::format_to(std::back_inserter(all), "update {0} set {1} = case id{2} end where id in ({3});", table, column,
                       cases, ids);
    }
    return all;
}

}  // namespace

// An edit follows the creation of its message, also in one batch, since all creations come first.
awaitable<void> store(confab::mysql::connection& db, std::span<const core::effect> effects,
                      const database_clock& clock) {
    co_await insert_all(db, effects);
    co_await rename_all(db, effects);
    co_await store_changes(db, effects);
    co_await insert_keys(db, effects, clock);
}

std::string counter_updates(std::span<const core::effect> effects) {
    counters chats, messages, changes;
    for (const auto& e : effects) {
        if (const auto* const chat = std::get_if<core::chat_created>(&e)) {
            chats[chat->app.value()] = chat->number.value();
        } else if (const auto* const message = std::get_if<core::message_created>(&e)) {
            messages[message->chat.value()] = message->number.value();
        } else if (const auto* const edit = std::get_if<core::message_edited>(&e)) {
            changes[edit->chat.value()] = edit->seq;
        } else if (const auto* const deletion = std::get_if<core::message_deleted>(&e)) {
            changes[deletion->chat.value()] = deletion->seq;
        }
    }
    return update_of("apps", "chats_count", chats) + update_of("chats", "messages_count", messages) +
           update_of("chats", "changes_count", changes);
}

std::string notes_for_index(std::span<const core::effect> effects, std::uint64_t after, const database_clock& clock) {
    if (after == 0) return {};
    std::map<std::uint64_t, chat_counts> waiting;
    timestamp since;
    for (const auto& e : effects) {
        if (const auto* const message = std::get_if<core::message_created>(&e)) {
            if (message->number.value() % after != 0) continue;
            waiting[message->chat.value()].messages = message->number.value();
            since = message->at;
        } else if (const auto* const edit = std::get_if<core::message_edited>(&e)) {
            waiting[edit->chat.value()].changes = edit->seq;
            since = edit->at;
        } else if (const auto* const deletion = std::get_if<core::message_deleted>(&e)) {
            waiting[deletion->chat.value()].changes = deletion->seq;
            since = deletion->at;
        }
    }
    if (waiting.empty()) return {};
    std::string rows;
    for (const auto& [chat, upto] : waiting)
        fmt::format_to(std::back_inserter(rows), "{}({},{},{},{})", rows.empty() ? "" : ",", chat, upto.messages,
                       upto.changes, clock.to_database(since).us);
    return "insert into index_notes(chat_id, messages, changes, since) values" + rows +
           " on duplicate key update messages = greatest(messages, values(messages)), "
           "changes = greatest(changes, values(changes));";
}

}  // namespace confab::ledger::mysql
