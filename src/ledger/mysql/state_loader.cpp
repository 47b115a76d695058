#include "ledger/mysql/state_loader.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "core/decide.hpp"
#include "ledger/mysql/multi_row_sql.hpp"
#include "ledger/mysql/rows.hpp"

namespace confab::ledger::mysql {
namespace {

constexpr std::uint64_t ids_in_a_block = 1000;

// Runs `prefix` `placeholders`,`placeholders`…) for all keys, in chunks, and passes each row to `take`.
template <class Key, class Add, class Take>
awaitable<void> select_by_keys(confab::mysql::connection& db, std::string_view prefix, std::string_view placeholders,
                               const std::vector<Key>& keys, Add add, Take take) {
    for (std::size_t from = 0; from < keys.size();) {
        const auto size = chunk_size(keys.size() - from);
        confab::mysql::parameters values;
        for (std::size_t i = from; i < from + size; ++i) add(values, keys[i]);
        const auto sql = repeat_row(prefix, placeholders, size, ")");
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
    std::vector<core::state::chat_locator> keys;
    for (const auto& chat : chats)
        if (const auto locator = resolve(chat, s); locator && !s.find(*locator)) keys.push_back(*locator);
    co_await select_by_keys(
        db, "select app_id, number, id, messages_count, changes_count from chats where (app_id, number) in (", "(?,?)",
        keys,
        [](confab::mysql::parameters& values, const core::state::chat_locator& locator) {
            values.add(locator.first.value());
            values.add(locator.second.value());
        },
        [&](const confab::mysql::row& row) {
            const core::state::chat_locator locator{core::app_id(row.number(0)), core::chat_number(row.number(1))};
            s.put(locator, {core::chat_id(row.number(2)), row.number(3), row.number(4)});
        });
}

awaitable<void> load_messages(confab::mysql::connection& db, const std::vector<message_locator>& messages,
                              core::state& s) {
    std::set<core::state::message_locator> locators;
    for (const auto& [named_chat, message] : messages) {
        const auto locator = resolve(named_chat, s);
        const auto* const chat = locator ? s.find(*locator) : nullptr;
        if (!chat) continue;
        const core::state::message_locator of_message{chat->id, message};
        if (!s.find(of_message)) locators.insert(of_message);
    }
    const std::vector<core::state::message_locator> keys(locators.begin(), locators.end());
    co_await select_by_keys(
        db, fmt::format("select m.chat_id, {} from messages m where (m.chat_id, m.number) in (", message_columns),
        "(?,?)", keys,
        [](confab::mysql::parameters& values, const core::state::message_locator& locator) {
            values.add(locator.first.value());
            values.add(locator.second.value());
        },
        [&](const confab::mysql::row& row) { s.put(core::chat_id(row.number(0)), message_from(row, 1)); });
}

core::key_scope scope_from(std::uint64_t stored) {
    return {static_cast<core::key_scope::kind>(stored & 3), stored >> 2};
}

awaitable<void> load_keys(confab::mysql::connection& db, const std::vector<const core::command*>& commands,
                          core::state& s, const database_clock& clock) {
    std::set<core::state::key_locator> locators;
    for (const auto* c : commands) {
        const auto scope = core::scope_of(s, *c);
        if (!scope) continue;
        const core::state::key_locator locator{*scope, c->key->key_hash};
        if (!s.find(locator)) locators.insert(locator);
    }
    const std::vector<core::state::key_locator> keys(locators.begin(), locators.end());
    co_await select_by_keys(
        db, "select scope, key_hash, fingerprint, number, expires_at from idempotency where (scope, key_hash) in (",
        "(?,?)", keys,
        [](confab::mysql::parameters& values, const core::state::key_locator& locator) {
            values.add(encode(locator.first));
            values.add(confab::mysql::blob(locator.second));
        },
        [&](const confab::mysql::row& row) {
            const core::state::key_locator locator{scope_from(row.number(0)), bytes_from<digest>(row.bytes(1))};
            s.put(locator, {bytes_from<digest>(row.bytes(2)), row.number(3), clock.to_local({row.integer(4)})});
        });
}

}  // namespace

std::optional<core::state::chat_locator> resolve(const chat_locator& chat, core::state& s) {
    const auto* const app = s.find(chat.app);
    return app ? std::optional(core::state::chat_locator{app->id, chat.chat}) : std::nullopt;
}

awaitable<void> load_state(confab::mysql::connection& db, const named_resources& named, core::state& s,
                           const database_clock& clock) {
    const auto& [apps, chats, messages, with_key] = named;
    co_await load_apps(db, apps, s);
    co_await load_chats(db, chats, s);
    co_await load_messages(db, messages, s);
    co_await load_keys(db, with_key, s, clock);
}

awaitable<void> id_allocator::reserve_app_id(confab::mysql::connection& db, std::uint64_t new_apps, core::state& s) {
    if (s.next_app.value() != 0 || new_apps == 0) co_return;
    const auto rows = co_await db.query("select coalesce(max(id), 0) + 1 from apps");
    s.next_app = core::app_id(rows.front().number(0));
}

awaitable<void> id_allocator::reserve_chat_ids(confab::mysql::connection& db, std::uint64_t new_chats, core::state& s) {
    if (new_chats == 0 || (s.next_chat.value() != 0 && s.next_chat.value() + new_chats <= chats_end_)) co_return;
    const auto block = std::max(new_chats, ids_in_a_block);
    co_await db.run("update sequences set next = last_insert_id(next) + ? where name = 'chats'", block);
    const auto rows = co_await db.query("select last_insert_id()");
    s.next_chat = core::chat_id(rows.front().number(0));
    chats_end_ = s.next_chat.value() + block;
}

}  // namespace confab::ledger::mysql
