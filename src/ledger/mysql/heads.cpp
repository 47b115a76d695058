#include "ledger/mysql/heads.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "core/decide.hpp"
#include "ledger/mysql/many.hpp"
#include "ledger/mysql/rows.hpp"

namespace confab::ledger::mysql {
namespace {

constexpr std::uint64_t ids_in_a_block = 1000;

// Runs `head` (?),(?)… `tail` over all of the keys, and hands each row to `take`. The last run is filled up with its
// first key again, which finds nothing new.
template <class Key, class Add, class Take>
awaitable<void> select_by_keys(confab::mysql::connection& db, std::string_view head, std::string_view marks,
                               const std::vector<Key>& keys, Add add, Take take) {
    for (std::size_t from = 0; from < keys.size();) {
        const auto size = run_of(keys.size() - from);
        confab::mysql::parameters values;
        for (std::size_t i = from; i < from + size; ++i) add(values, keys[i]);
        const auto sql = repeated(head, marks, size, ")");
        const auto rows = co_await db.run(sql, std::move(values));
        for (const auto row : rows) take(row);
        from += size;
    }
}

awaitable<void> load_apps(confab::mysql::connection& db, const named_apps& apps, core::state& s) {
    std::vector<std::string_view> keys;
    for (const auto& app : apps)
        if (!s.find(app)) keys.push_back(app.text());
    co_await select_by_keys(
        db, fmt::format("select {} from apps where token in (", app_columns), "?", keys,
        [](confab::mysql::parameters& values, std::string_view token) { values.add(token); },
        [&](const confab::mysql::row& row) { s.put(app_from(row)); });
}

awaitable<void> load_chats(confab::mysql::connection& db, const named_chats& chats, core::state& s) {
    std::vector<core::state::chat_place> keys;
    for (const auto& chat : chats)
        if (const auto place = resolve(chat, s); place && !s.find(*place)) keys.push_back(*place);
    co_await select_by_keys(
        db, "select app_id, number, id, messages_count, changes_count from chats where (app_id, number) in (", "(?,?)",
        keys,
        [](confab::mysql::parameters& values, const core::state::chat_place& place) {
            values.add(place.first.value());
            values.add(place.second.value());
        },
        [&](const confab::mysql::row& row) {
            const core::state::chat_place place{core::app_id(row.number(0)), core::chat_number(row.number(1))};
            s.put(place, {core::chat_id(row.number(2)), row.number(3), row.number(4)});
        });
}

awaitable<void> load_messages(confab::mysql::connection& db, const std::vector<message_locator>& messages,
                              core::state& s) {
    std::set<core::state::message_place> places;
    for (const auto& [locator, message] : messages) {
        const auto place = resolve(locator, s);
        const auto* const chat = place ? s.find(*place) : nullptr;
        if (!chat) continue;
        const core::state::message_place of_message{chat->id, message};
        if (!s.find(of_message)) places.insert(of_message);
    }
    const std::vector<core::state::message_place> keys(places.begin(), places.end());
    co_await select_by_keys(
        db, fmt::format("select m.chat_id, {} from messages m where (m.chat_id, m.number) in (", message_columns),
        "(?,?)", keys,
        [](confab::mysql::parameters& values, const core::state::message_place& place) {
            values.add(place.first.value());
            values.add(place.second.value());
        },
        [&](const confab::mysql::row& row) { s.put(core::chat_id(row.number(0)), message_from(row, 1)); });
}

core::key_scope scope_from(std::uint64_t stored) {
    return {static_cast<core::key_scope::kind>(stored & 3), stored >> 2};
}

awaitable<void> load_keys(confab::mysql::connection& db, const std::vector<const core::command*>& commands,
                          core::state& s, const database_clock& clock) {
    std::set<core::state::key_place> places;
    for (const auto* c : commands) {
        const auto scope = core::scope_of(s, *c);
        if (!scope) continue;
        const core::state::key_place place{*scope, c->key->key_hash};
        if (!s.find(place)) places.insert(place);
    }
    const std::vector<core::state::key_place> keys(places.begin(), places.end());
    co_await select_by_keys(
        db, "select scope, key_hash, fingerprint, number, expires_at from idempotency where (scope, key_hash) in (",
        "(?,?)", keys,
        [](confab::mysql::parameters& values, const core::state::key_place& place) {
            values.add(encode(place.first));
            values.add(confab::mysql::blob(place.second));
        },
        [&](const confab::mysql::row& row) {
            const core::state::key_place place{scope_from(row.number(0)), bytes_from<digest>(row.bytes(1))};
            s.put(place, {bytes_from<digest>(row.bytes(2)), row.number(3), clock.to_local({row.integer(4)})});
        });
}

}  // namespace

std::optional<core::state::chat_place> resolve(const chat_locator& chat, core::state& s) {
    const auto* const app = s.find(chat.app);
    return app ? std::optional(core::state::chat_place{app->id, chat.chat}) : std::nullopt;
}

awaitable<void> load_heads(confab::mysql::connection& db, const named_resources& named, core::state& s,
                           const database_clock& clock) {
    const auto& [apps, chats, messages, with_key] = named;
    co_await load_apps(db, apps, s);
    co_await load_chats(db, chats, s);
    co_await load_messages(db, messages, s);
    co_await load_keys(db, with_key, s, clock);
}

awaitable<void> id_source::provide_app(confab::mysql::connection& db, std::uint64_t new_apps, core::state& s) {
    if (s.next_app.value() != 0 || new_apps == 0) co_return;
    const auto rows = co_await db.query("select coalesce(max(id), 0) + 1 from apps");
    s.next_app = core::app_id(rows.front().number(0));
}

awaitable<void> id_source::reserve_chats(confab::mysql::connection& db, std::uint64_t new_chats, core::state& s) {
    if (new_chats == 0 || (s.next_chat.value() != 0 && s.next_chat.value() + new_chats <= chats_end_)) co_return;
    const auto block = std::max(new_chats, ids_in_a_block);
    co_await db.run("update sequences set next = last_insert_id(next) + ? where name = 'chats'", block);
    const auto rows = co_await db.query("select last_insert_id()");
    s.next_chat = core::chat_id(rows.front().number(0));
    chats_end_ = s.next_chat.value() + block;
}

}  // namespace confab::ledger::mysql
