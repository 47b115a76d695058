// A batch may change a message several times. Each change gets its own row, but the message itself is written once, in
// its final state:
// 1. The rows of changes. The server reads the content before the first change from the message. The content before a
//    later change is in the batch. For a message that the batch deletes, no content is stored.
// 2. The history of deleted messages, if they have one.
// 3. The messages, by an insert with `on duplicate key update`: the only multi-row update that both kinds of servers do
//    by key. The affected rows show that each message existed.
#include "ledger/mysql/changes.hpp"

#include <optional>
#include <vector>

#include "ledger/mysql/insert.hpp"
#include "ledger/mysql/rows.hpp"

namespace confab::ledger::mysql {
namespace {

// A row of changes. If only the server has the previous content, the row lacks it.
struct change_row {
    core::chat_id chat;
    std::uint64_t seq;
    core::message_number number;
    change_kind kind;
    std::uint64_t version;
    const core::job_id& job;
    timestamp at;
    std::optional<std::string_view> previous = {};
};

change_row row_of(const core::message_edited& e) {
    return {e.chat, e.seq, e.number, change_kind::edit, e.version, e.job, e.at};
}

change_row row_of(const core::message_deleted& e) {
    return {e.chat, e.seq, e.number, change_kind::deletion, e.version, e.job, e.at};
}

struct change_rows {
    std::vector<change_row> content_in_database;
    std::vector<change_row> content_in_batch;
};

change_rows rows_of(const changed_messages& all) {
    change_rows rows;
    for (const auto& [locator, message] : all) {
        const core::message_edited* previous = nullptr;
        for (const auto* e : message.edits) {
            auto row = row_of(*e);
            const bool is_kept = !message.deletion;
            if (is_kept && previous) row.previous = previous->content;
            (is_kept && !previous ? rows.content_in_database : rows.content_in_batch).push_back(row);
            previous = e;
        }
        if (message.deletion) rows.content_in_batch.push_back(row_of(*message.deletion));
    }
    return rows;
}

void add_change(confab::mysql::parameters& values, const change_row& row) {
    values.add(row.chat.value());
    values.add(row.seq);
    values.add(row.number.value());
    values.add(static_cast<std::uint64_t>(row.kind));
    values.add(row.version);
    values.add(confab::mysql::blob(row.job));
    values.add(row.at.us);
}

awaitable<void> insert_changes(confab::mysql::connection& db, const change_rows& rows) {
    constexpr std::string_view prefix =
        "insert into changes(chat_id, seq, number, kind, version, job, at, content_before) values";
    const auto placeholders = "(?,?,?,?,?,?,?," + std::string(content_now_sql) + ")";
    co_await insert(
        db, prefix, placeholders, {}, rows.content_in_database, [](const change_row&) { return std::size_t{0}; },
        [](confab::mysql::parameters& values, const change_row& row) {
            add_change(values, row);
            values.add(row.chat.value());
            values.add(row.number.value());
        });
    co_await insert(
        db, prefix, "(?,?,?,?,?,?,?,?)", {}, rows.content_in_batch,
        [](const change_row& row) { return row.previous ? row.previous->size() : 0; },
        [](confab::mysql::parameters& values, const change_row& row) {
            add_change(values, row);
            values.add(row.previous);
        });
}

// A deleted message of version 2 was never edited, so it has no history.
awaitable<void> delete_histories(confab::mysql::connection& db, const changed_messages& all) {
    std::vector<const core::message_deleted*> gone;
    for (const auto& [locator, message] : all)
        if (message.deletion && message.deletion->version > 2) gone.push_back(message.deletion);
    for (std::size_t from = 0; from < gone.size();) {
        const auto size = chunk_size(gone.size() - from);
        confab::mysql::parameters values;
        for (std::size_t i = from; i < from + size; ++i) {
            values.add(gone[i]->chat.value());
            values.add(gone[i]->number.value());
        }
        const auto sql = delete_history_sql(size);
        co_await db.run(sql, std::move(values));
        from += size;
    }
}

// The server counts an updated row twice.
void require_all_updated(std::uint64_t affected, std::size_t rows) {
    if (affected != 2 * rows)
        throw confab::mysql::failure(confab::mysql::failure::kind::down, 0,
                                     "a message that was changed is not there any more");
}

awaitable<void> update_edited(confab::mysql::connection& db, const changed_messages& all) {
    std::vector<const changed_message*> edited;
    for (const auto& [locator, message] : all)
        if (!message.deletion) edited.push_back(&message);
    const auto affected = co_await insert(
        db, "insert into messages(chat_id, number, content, metadata, version, created_at, updated_at) values",
        "(?,?,?,?,?,0,?)",
        " on duplicate key update content = values(content), metadata = coalesce(values(metadata), metadata), "
        "version = values(version), updated_at = values(updated_at)",
        edited,
        [](const changed_message* m) { return m->edits.back()->content.size() + m->metadata().value_or("").size(); },
        [](confab::mysql::parameters& values, const changed_message* m) {
            const auto& last = *m->edits.back();
            values.add(last.chat.value());
            values.add(last.number.value());
            values.add(last.content);
            values.add(m->metadata());
            values.add(last.version);
            values.add(last.at.us);
        });
    require_all_updated(affected, edited.size());
}

awaitable<void> update_deleted(confab::mysql::connection& db, const changed_messages& all) {
    std::vector<const core::message_deleted*> deleted;
    for (const auto& [locator, message] : all)
        if (message.deletion) deleted.push_back(message.deletion);
    const auto affected = co_await insert(
        db, "insert into messages(chat_id, number, version, created_at, updated_at, deleted_at) values",
        "(?,?,?,0,?,?)",
        " on duplicate key update content = null, metadata = null, version = values(version), "
        "updated_at = values(updated_at), deleted_at = values(deleted_at)",
        deleted, [](const core::message_deleted*) { return std::size_t{0}; },
        [](confab::mysql::parameters& values, const core::message_deleted* e) {
            values.add(e->chat.value());
            values.add(e->number.value());
            values.add(e->version);
            values.add(e->at.us);
            values.add(e->at.us);
        });
    require_all_updated(affected, deleted.size());
}

}  // namespace

// A condition for each pair: MariaDB uses no key for a list of pairs in an update.
std::string delete_history_sql(std::size_t messages) {
    std::string sql = "update changes set content_before = null where ";
    for (std::size_t i = 0; i < messages; ++i) {
        if (i > 0) sql += " or ";
        sql += "(chat_id = ? and number = ?)";
    }
    return sql;
}

awaitable<void> store_changes(confab::mysql::connection& db, const changed_messages& all) {
    if (all.empty()) co_return;
    const auto rows = rows_of(all);
    co_await insert_changes(db, rows);
    co_await delete_histories(db, all);
    co_await update_edited(db, all);
    co_await update_deleted(db, all);
}

}  // namespace confab::ledger::mysql
