#include "ledger/mysql/store.hpp"

#include <fmt/core.h>

#include <map>
#include <vector>

#include "ledger/mysql/many.hpp"
#include "ledger/mysql/rows.hpp"

namespace confab::ledger {
namespace {

// Of the texts in one statement: servers take packets of 16 MiB and more.
constexpr std::size_t statement_bytes_max = 4 * 1024 * 1024;

template <class Effect>
std::vector<const Effect*> all_of(std::span<const core::effect> effects) {
    std::vector<const Effect*> found;
    for (const auto& e : effects)
        if (const auto* const one = std::get_if<Effect>(&e)) found.push_back(one);
    return found;
}

std::size_t bytes_of(const core::message_created& e) {
    return e.content.size() + (e.metadata ? e.metadata->size() : 0);
}
template <class Effect>
std::size_t bytes_of(const Effect&) {
    return 0;
}

// How many of the effects from `from` on go into one statement.
template <class Effect>
std::size_t run_from(const std::vector<const Effect*>& effects, std::size_t from) {
    std::size_t count = 0, bytes = 0;
    while (from + count < effects.size() && count < run_sizes.front()) {
        bytes += bytes_of(*effects[from + count]);
        if (bytes > statement_bytes_max && count > 0) break;
        ++count;
    }
    return run_of(count);
}

template <class Effect, class Add>
awaitable<void> insert(mysql::connection& db, std::string_view head, std::string_view marks,
                       const std::vector<const Effect*>& effects, Add add) {
    for (std::size_t from = 0; from < effects.size();) {
        const auto size = run_from(effects, from);
        mysql::parameters values;
        for (std::size_t i = from; i < from + size; ++i) add(values, *effects[i]);
        const auto sql = repeated(head, marks, size);
        co_await db.run(sql, std::move(values));
        from += size;
    }
}

awaitable<void> insert_all(mysql::connection& db, std::span<const core::effect> effects) {
    co_await insert(db, "insert into apps(id, token, name, job, created_at, updated_at) values", "(?,?,?,?,?,?)",
                    all_of<core::app_created>(effects), [](mysql::parameters& values, const core::app_created& e) {
                        values.add(e.id.value());
                        values.add(e.token.text());
                        values.add(e.name);
                        values.add(mysql::blob(e.job));
                        values.add(e.at.us);
                        values.add(e.at.us);
                    });
    co_await insert(db, "insert into chats(id, app_id, number, job, created_at, updated_at) values", "(?,?,?,?,?,?)",
                    all_of<core::chat_created>(effects), [](mysql::parameters& values, const core::chat_created& e) {
                        values.add(e.id.value());
                        values.add(e.app.value());
                        values.add(e.number.value());
                        values.add(mysql::blob(e.job));
                        values.add(e.at.us);
                        values.add(e.at.us);
                    });
    co_await insert(
        db, "insert into messages(chat_id, number, content, sender, metadata, job, created_at, updated_at) values",
        "(?,?,?,?,?,?,?,?)", all_of<core::message_created>(effects),
        [](mysql::parameters& values, const core::message_created& e) {
            values.add(e.chat.value());
            values.add(e.number.value());
            values.add(e.content);
            values.add(e.sender);
            values.add(e.metadata);
            values.add(mysql::blob(e.job));
            values.add(e.at.us);
            values.add(e.at.us);
        });
}

// What is there already is only changed where it was made: an edit follows the creation of its message, also in one
// batch, since all creations come first.
class changer {
public:
    explicit changer(mysql::connection& db) : db_(db) {}

    awaitable<void> operator()(const core::app_renamed& e) const {
        co_await db_.run("update apps set name = ?, updated_at = ?, job = ? where id = ?", e.name, e.at.us,
                         mysql::blob(e.job), e.id.value());
    }
    awaitable<void> operator()(const core::message_edited& e) const {
        co_await db_.run(
            "insert into changes(chat_id, seq, number, kind, version, content_before, job, at) "
            "select chat_id, ?, number, ?, ?, content, ?, ? from messages where chat_id = ? and number = ?",
            e.seq, static_cast<std::uint64_t>(change_kind::edit), e.version, mysql::blob(e.job), e.at.us,
            e.chat.value(), e.number.value());
        co_await db_.run(
            "update messages set content = ?, metadata = coalesce(?, metadata), version = ?, updated_at = ? "
            "where chat_id = ? and number = ?",
            e.content, e.metadata, e.version, e.at.us, e.chat.value(), e.number.value());
    }
    awaitable<void> operator()(const core::message_deleted& e) const {
        co_await db_.run(
            "insert into changes(chat_id, seq, number, kind, version, job, at) values(?, ?, ?, ?, ?, ?, ?)",
            e.chat.value(), e.seq, e.number.value(), static_cast<std::uint64_t>(change_kind::deletion), e.version,
            mysql::blob(e.job), e.at.us);
        co_await db_.run("update changes set content_before = null where chat_id = ? and number = ?", e.chat.value(),
                         e.number.value());
        co_await db_.run(
            "update messages set content = null, metadata = null, version = ?, updated_at = ?, deleted_at = ? "
            "where chat_id = ? and number = ?",
            e.version, e.at.us, e.at.us, e.chat.value(), e.number.value());
    }
    template <class Created>
    awaitable<void> operator()(const Created&) const {
        co_return;
    }

private:
    mysql::connection& db_;
};

awaitable<void> insert_keys(mysql::connection& db, std::span<const core::effect> effects) {
    // A batch may bring an expired key and use it anew; the last one counts.
    co_await insert(db, "replace into idempotency(scope, key_hash, fingerprint, number, expires_at) values",
                    "(?,?,?,?,?)", all_of<core::key_used>(effects),
                    [](mysql::parameters& values, const core::key_used& e) {
                        values.add(encode(e.scope));
                        values.add(mysql::blob(e.key_hash));
                        values.add(mysql::blob(e.fingerprint));
                        values.add(e.number);
                        values.add(e.expires_at.us);
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

awaitable<void> store(mysql::connection& db, std::span<const core::effect> effects) {
    co_await insert_all(db, effects);
    const changer change(db);
    for (const auto& e : effects) {
        const bool is_change = std::holds_alternative<core::app_renamed>(e) ||
                               std::holds_alternative<core::message_edited>(e) ||
                               std::holds_alternative<core::message_deleted>(e);
        if (is_change) co_await std::visit([&](const auto& made) { return change(made); }, e);
    }
    co_await insert_keys(db, effects);
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

}  // namespace confab::ledger
