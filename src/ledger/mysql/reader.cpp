// Each call borrows a connection of its event loop for one or a few statements. It returns the connection before it
// processes the rows: a search compares texts on the read pool while others use the connection. There is no
// transaction: rows never move, and a call with two statements reads in an order that allows for changes in between.
#include "ledger/mysql/reader.hpp"

#include <fmt/core.h>

#include "base/log.hpp"
#include "ledger/mysql/mysql_reader.hpp"
#include "ledger/mysql/rows.hpp"
#include "ledger/mysql/slices.hpp"
#include "ledger/version_history.hpp"

namespace confab::ledger::mysql {
namespace {

constexpr std::uint64_t versions_max = 64;  // of one slice: each may have 64 KiB

core::message whole_message(const confab::mysql::row& row) {
    return checked_message_from(row);
}

// The rows that contain the query. `is_cut`: rows of the window remain after these.
matches compared(std::vector<core::message> rows, window w, bool is_cut, const core::folded_query& query) {
    matches found;
    std::size_t bytes = 0;
    for (auto& m : rows) {
        advance(w, m.number.value());
        if (!query.is_in(m.content)) continue;
        bytes += bytes_of(m);
        found.rows.push_back(std::move(m));
        is_cut = is_cut || bytes >= slice_bytes_max;
        if (bytes >= slice_bytes_max) break;
    }
    if (is_cut) found.remaining = w;
    return found;
}

// The current version of a message, and the fields that are needed to derive the earlier ones.
struct present {
    core::message_version version;
    timestamp created_at;
    bool is_deleted;
};

present present_from(const confab::mysql::row& row) {
    core::message_version version{row.number(0), std::string(row.text(1)), {row.integer(3)}};
    require_utf8("messages", version.version, version.content);
    return {std::move(version), {row.integer(2)}, !row.is_null(4)};
}

// Past versions, and whether the message was deleted while they were read.
struct past_versions {
    version_history history;
    bool is_deleted = false;

    void add_change(const confab::mysql::row& change) {
        is_deleted = is_deleted || change.is_null(2);
        require_utf8("changes", change.number(0), change.text(2));
        history.add_change(change.number(0), {change.integer(1)}, change.text(2));
    }
};

awaitable<void> read_changes(confab::mysql::connection& db, const confab::mysql::parameters& values,
                             past_versions& past) {
    co_await db.start(text_of(read_sql::past_versions), values);
    while (!past.history.is_full()) {
        const auto piece = co_await db.more();
        if (!piece) co_return;
        for (const auto& change : *piece)
            if (!past.history.is_full()) past.add_change(change);
    }
    co_await db.skip();  // costs less than a new connection
}
static_assert(versions_max * row_bytes_max <= dropped_bytes_max);

// Changes made after the current version was read are left out: `last` bounds the second statement. A deletion in
// between removed the texts.
awaitable<result<std::vector<core::message_version>>> versions_of(confab::mysql::connection& db, core::chat_id chat,
                                                                  core::message_number message, std::uint64_t after) {
    const confab::mysql::parameters which(chat.value(), message.value());
    const auto found = co_await db.run(text_of(read_sql::present_version), which);
    if (found.empty()) co_return error::not_found;
    auto now = present_from(found.front());
    if (now.is_deleted) co_return error::deleted;
    const auto last = now.version.version;
    past_versions past{version_history(after, now.created_at)};
    if (past.history.next() < last) {
        // Most versions are about as large as the current one. At least two changes: the first may only give a time.
        const auto about = slice_bytes_max / (now.version.content.size() + 1) + 2;
        const auto most = std::min<std::uint64_t>(about, versions_max);
        const confab::mysql::parameters values(chat.value(), message.value(), after, last, most);
        co_await read_changes(db, values, past);
    }
    if (past.is_deleted) co_return error::deleted;
    past.history.finish(std::move(now.version));
    co_return std::move(past.history).versions();
}

read_sql statement_for(std::size_t lookups) {
    if (lookups == 1) return read_sql::one_lookup;
    if (lookups <= few_lookups) return read_sql::few_lookups;
    return lookups <= more_lookups ? read_sql::more_lookups : read_sql::most_lookups;
}

std::size_t lookups_in(read_sql s) {
    switch (s) {
        case read_sql::few_lookups:
            return few_lookups;
        case read_sql::more_lookups:
            return more_lookups;
        case read_sql::most_lookups:
            return lookups_max;
        default:
            return 1;
    }
}

// Repeats the last one where the statement takes more.
confab::mysql::parameters lookup_parameters(std::span<lookup* const> asked) {
    confab::mysql::parameters values;
    for (std::size_t i = 0; i < lookups_in(statement_for(asked.size())); ++i) {
        const auto& each = *asked[std::min(i, asked.size() - 1)];
        values.add(each.chat.value());
        values.add(each.number.value());
    }
    return values;
}

void answer(std::span<lookup* const> asked, const confab::mysql::row& row) {
    const auto chat = row.number(8);
    const auto number = row.number(0);
    for (auto* each : asked)
        if (each->chat.value() == chat && each->number.value() == number)
            each->answer.emplace(checked_message_from(row));
}

}  // namespace

awaitable<result<core::app>> mysql_reader::find_app(core::app_token token) {
    const confab::mysql::parameters values(token.text());
    co_return co_await one<core::app>(read_sql::app_by_token, values, checked_app_from);
}

awaitable<result<core::app>> mysql_reader::find_app(core::app_id id) {
    const confab::mysql::parameters values(id.value());
    co_return co_await one<core::app>(read_sql::app_by_id, values, checked_app_from);
}

awaitable<result<core::chat>> mysql_reader::find_chat(core::app_token app, core::chat_number chat) {
    const confab::mysql::parameters values(chat.value(), app.text());
    co_return co_await one<core::chat>(read_sql::chat, values, chat_from);
}

awaitable<result<core::message>> mysql_reader::find_message(core::app_token app, core::chat_number chat,
                                                            core::message_number message) {
    auto id = chat_ids_.find(app, chat);
    if (!id) {
        const confab::mysql::parameters values(chat.value(), app.text());
        const auto from = [](const confab::mysql::row& row) { return core::chat_id(row.number(0)); };
        const auto found = co_await one<core::chat_id>(read_sql::chat_id, values, from);
        if (!found) co_return found.error();
        id = *found;
        chat_ids_.put(app, chat, *id);
    }
    co_return co_await lookups_.find(*id, message);
}

awaitable<void> mysql_reader::look_up(std::span<lookup* const> asked) {
    const auto work = [&](confab::mysql::connection& db) -> awaitable<result<void>> {
        const auto found = co_await db.run(text_of(statement_for(asked.size())), lookup_parameters(asked));
        for (const auto& row : found) answer(asked, row);
        co_return result<void>();
    };
    auto unless_found = make_error_code(error::unavailable);
    try {
        const auto done = co_await run_with_connection<void>(work);
        unless_found = done ? make_error_code(error::not_found) : done.error();
    } catch (const std::exception& cause) {
        log::error(fmt::format("looking up messages: {}", cause.what()));
    }
    for (auto* each : asked)
        if (!each->answer) each->answer.emplace(unless_found);
}

awaitable<result<core::app_id>> mysql_reader::last_app() {
    const confab::mysql::parameters none;
    const auto id = [](const confab::mysql::row& row) { return core::app_id(row.number(0)); };
    co_return co_await one<core::app_id>(read_sql::last_app, none, id);
}

awaitable<result<std::vector<core::app>>> mysql_reader::apps(window w) {
    const auto sql = in_order(w, read_sql::apps, read_sql::apps_descending);
    const confab::mysql::parameters values(w.after, w.last, slice_rows(w));
    co_return co_await many<core::app>(sql, values, checked_app_from);
}

awaitable<result<std::vector<core::chat>>> mysql_reader::chats(core::app_id app, window wanted) {
    const auto w = clamped(wanted);
    const auto sql = in_order(w, read_sql::chats, read_sql::chats_descending);
    const confab::mysql::parameters values(app.value(), w.after, w.last, slice_rows(w));
    co_return co_await many<core::chat>(sql, values, chat_from);
}

awaitable<result<std::vector<core::message>>> mysql_reader::messages(core::chat_id chat, window wanted) {
    using list = std::vector<core::message>;
    const auto w = clamped(wanted);
    const auto sql = in_order(w, read_sql::messages, read_sql::messages_descending);
    const slice_limits limits{slice_rows(w), slice_bytes_max};
    const auto work = [&](confab::mysql::connection& db) -> awaitable<result<list>> {
        auto slice = co_await fetch_slice<core::message>(db, text_of(sql), chat, w, limits, weights_, whole_message);
        co_return std::move(slice.rows);
    };
    co_return co_await run_with_connection<list>(work);
}

awaitable<result<matches>> mysql_reader::matching(core::chat_id chat, window wanted, const core::folded_query& query) {
    using list = row_batch<core::message>;
    const auto w = clamped(wanted);
    const auto sql = in_order(w, read_sql::messages, read_sql::messages_descending);
    const slice_limits limits{match_rows_max, match_bytes_max};
    const auto work = [&](confab::mysql::connection& db) -> awaitable<result<list>> {
        auto slice = co_await fetch_slice<core::message>(db, text_of(sql), chat, w, limits, weights_, whole_message);
        co_return std::move(slice);
    };
    auto read = co_await run_with_connection<list>(work);
    if (!read) co_return read.error();
    if (read->rows.empty()) co_return matches();
    const bool is_cut = read->is_full() || read->rows.size() >= match_rows_max;
    const auto compare = [&] { return compared(std::move(read->rows), w, is_cut, query); };
    co_return co_await run_on(read_pool_, compare);
}

awaitable<result<std::vector<core::message_version>>> mysql_reader::versions(core::chat_id chat,
                                                                             core::message_number message,
                                                                             std::uint64_t after) {
    using list = std::vector<core::message_version>;
    const auto from = std::min(after, core::number_max);
    const auto work = [&](confab::mysql::connection& db) -> awaitable<result<list>> {
        return versions_of(db, chat, message, from);
    };
    co_return co_await run_with_connection<list>(work);
}

std::unique_ptr<readers> make_mysql_reader(confab::mysql::pool& pool, asio::any_io_executor read_pool,
                                           const core::generation& generation) {
    return std::make_unique<mysql_reader>(pool, std::move(read_pool), generation);
}

}  // namespace confab::ledger::mysql
