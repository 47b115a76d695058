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

awaitable<void> load_apps(confab::mysql::connection& db, std::span<const core::command* const> commands,
                          core::state& s) {
    std::set<std::string_view> tokens;
    for (const auto* c : commands)
        if (const auto* const app = app_of(*c); app && !s.find(*app)) tokens.insert(app->text());
    const std::vector<std::string_view> keys(tokens.begin(), tokens.end());
    co_await select_by_keys(
        db, fmt::format("select {} from apps where token in (", app_columns), "?", keys,
        [](confab::mysql::parameters& values, std::string_view token) { values.add(token); },
        [&](const confab::mysql::row& row) { s.put(app_from(row)); });
}

awaitable<void> load_chats(confab::mysql::connection& db, std::span<const core::command* const> commands,
                           core::state& s) {
    std::set<core::state::chat_place> places;
    for (const auto* c : commands)
        if (const auto place = chat_of(*c, s); place && !s.find(*place)) places.insert(*place);
    const std::vector<core::state::chat_place> keys(places.begin(), places.end());
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

// The message that a command changes, as far as its chat is known.
std::optional<core::state::message_place> message_of(const core::command& c, core::state& s) {
    const auto place = chat_of(c, s);
    const auto* const chat = place ? s.find(*place) : nullptr;
    return std::visit(
        [&](const auto& wish) -> std::optional<core::state::message_place> {
            if constexpr (requires { wish.message; }) {
                if (chat) return core::state::message_place{chat->id, wish.message};
            }
            return std::nullopt;
        },
        c.wish);
}

awaitable<void> load_messages(confab::mysql::connection& db, std::span<const core::command* const> commands,
                              core::state& s) {
    std::set<core::state::message_place> places;
    for (const auto* c : commands)
        if (const auto place = message_of(*c, s); place && !s.find(*place)) places.insert(*place);
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

awaitable<void> load_keys(confab::mysql::connection& db, std::span<const core::command* const> commands, core::state& s,
                          const database_clock& clock) {
    std::set<core::state::key_place> places;
    for (const auto* c : commands) {
        const auto scope = c->key ? core::scope_of(s, *c) : std::nullopt;
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

template <class Wish>
std::uint64_t count_of(std::span<const core::command* const> commands) {
    return static_cast<std::uint64_t>(
        std::ranges::count_if(commands, [](const auto* c) { return std::holds_alternative<Wish>(c->wish); }));
}

}  // namespace

const core::app_token* app_of(const core::command& c) {
    return std::visit(
        [](const auto& wish) -> const core::app_token* {
            if constexpr (requires { wish.app; })
                return &wish.app;
            else
                return nullptr;
        },
        c.wish);
}

std::optional<core::state::chat_place> chat_of(const core::command& c, core::state& s) {
    return std::visit(
        [&](const auto& wish) -> std::optional<core::state::chat_place> {
            if constexpr (requires { wish.chat; }) {
                const auto* const app = s.find(wish.app);
                if (app) return core::state::chat_place{app->id, wish.chat};
            }
            return std::nullopt;
        },
        c.wish);
}

awaitable<void> load_heads(confab::mysql::connection& db, std::span<const core::command* const> commands,
                           core::state& s, const database_clock& clock) {
    co_await load_apps(db, commands, s);
    co_await load_chats(db, commands, s);
    co_await load_messages(db, commands, s);
    co_await load_keys(db, commands, s, clock);
}

awaitable<void> id_source::provide_app(confab::mysql::connection& db, std::span<const core::command* const> commands,
                                       core::state& s) {
    if (s.next_app.value() != 0 || count_of<core::create_app>(commands) == 0) co_return;
    const auto rows = co_await db.query("select coalesce(max(id), 0) + 1 from apps");
    s.next_app = core::app_id(rows.front().number(0));
}

awaitable<void> id_source::reserve_chats(confab::mysql::connection& db, std::span<const core::command* const> commands,
                                         core::state& s) {
    const auto chats = count_of<core::create_chat>(commands);
    if (chats == 0 || (s.next_chat.value() != 0 && s.next_chat.value() + chats <= chats_end_)) co_return;
    const auto block = std::max(chats, ids_in_a_block);
    co_await db.run("update sequences set next = last_insert_id(next) + ? where name = 'chats'", block);
    const auto rows = co_await db.query("select last_insert_id()");
    s.next_chat = core::chat_id(rows.front().number(0));
    chats_end_ = s.next_chat.value() + block;
}

}  // namespace confab::ledger::mysql
