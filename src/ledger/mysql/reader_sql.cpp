#include "ledger/mysql/reader_sql.hpp"

#include <fmt/core.h>

#include <cstdlib>
#include <iterator>

#include "ledger/mysql/rows.hpp"

namespace confab::ledger::mysql {
namespace {

constexpr std::string_view chat_columns =
    "c.id, c.number, c.messages_count, c.changes_count, c.created_at, c.updated_at";

constexpr std::string_view one_lookup = "(m.chat_id = ? and m.number = ?)";

std::string apps_in(std::string_view direction) {
    return fmt::format("select {} from apps where id > ? and id <= ? order by id {} limit ?", app_columns, direction);
}

std::string chats_in(std::string_view direction) {
    return fmt::format(
        "select {} from chats c where c.app_id = ? and c.number > ? and c.number <= ? "
        "order by c.number {} limit ?",
        chat_columns, direction);
}

std::string messages_in(std::string_view direction) {
    return fmt::format(
        "select {} from messages m where m.chat_id = ? and m.number > ? and m.number <= ? "
        "order by m.number {} limit ?",
        message_columns, direction);
}

std::string texts_in(std::string_view direction) {
    return fmt::format(
        "select {} from messages where chat_id = ? and number > ? and number <= ? "
        "order by number {} limit ?",
        text_columns, direction);
}

// Rows come in any order.
std::string by_number(std::string_view columns, std::size_t numbers) {
    std::string placeholders = "?";
    for (std::size_t i = 1; i < numbers; ++i) placeholders += ",?";
    return fmt::format("select {} from messages m where m.chat_id = ? and m.number in ({})", columns, placeholders);
}

// Rows come in any order. Without the hint, a server with few rows may scan all of them.
std::string by_lookup(std::size_t messages) {
    auto sql = fmt::format("select {}, m.chat_id from messages m force index (primary) where ", message_columns);
    for (std::size_t i = 0; i < messages; ++i) sql += i == 0 ? one_lookup : fmt::format(" or {}", one_lookup);
    return sql;
}

// MariaDB reads the whole table for a list of in_predicate_conversion_threshold (1000) ids or more.
constexpr std::size_t in_list_max = 500;

// Adds a select for each part of the ids.
template <class Id>
void append_union(std::string& sql, std::string_view select, std::span<const Id> ids) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (i % in_list_max == 0) sql.append(i == 0 ? " union all " : ") union all ").append(select).append(" in (");
        fmt::format_to(std::back_inserter(sql), "{}{}", i % in_list_max == 0 ? "" : ",", ids[i].value());
    }
    if (!ids.empty()) sql += ')';
}

std::string build_sql(read_sql s) {
    switch (s) {
        case read_sql::app_by_token:
            return fmt::format("select {} from apps where token = ?", app_columns);
        case read_sql::app_by_id:
            return fmt::format("select {} from apps where id = ?", app_columns);
        case read_sql::chat:
            return fmt::format(
                "select {} from apps a join chats c on c.app_id = a.id and c.number = ? "
                "where a.token = ?",
                chat_columns);
        case read_sql::chat_id:
            return "select c.id from apps a join chats c on c.app_id = a.id and c.number = ? where a.token = ?";
        case read_sql::one_lookup:
            return by_lookup(1);
        case read_sql::few_lookups:
            return by_lookup(few_lookups);
        case read_sql::more_lookups:
            return by_lookup(more_lookups);
        case read_sql::most_lookups:
            return by_lookup(lookups_max);
        case read_sql::last_app:
            return "select coalesce(max(id), 0) from apps";
        case read_sql::apps:
            return apps_in("asc");
        case read_sql::apps_descending:
            return apps_in("desc");
        case read_sql::chats:
            return chats_in("asc");
        case read_sql::chats_descending:
            return chats_in("desc");
        case read_sql::messages:
            return messages_in("asc");
        case read_sql::messages_descending:
            return messages_in("desc");
        case read_sql::present_version:
            return "select version, content, created_at, updated_at, deleted_at from messages "
                   "where chat_id = ? and number = ?";
        case read_sql::past_versions:
            // Without the hint, a server with few rows may scan all changes of a chat.
            return "select version, at, content_before from changes force index (changes_of_message) "
                   "where chat_id = ? and number = ? and version > ? and version <= ? order by version limit ?";
        case read_sql::position:
            return "select id, messages_count, changes_count from chats where id = ?";
        case read_sql::positions_after:
            return "select id, messages_count, changes_count from chats where id > ? order by id limit ?";
        case read_sql::changes:
            // The other key covers the query, but in another order.
            return "select seq, number from changes force index (primary) where chat_id = ? and seq > ? "
                   "order by seq limit ?";
        case read_sql::feed_changes:
            // In this order of tables the changes need no sorting.
            return fmt::format(
                "select {}, c.seq, c.kind from changes c force index (primary) straight_join messages m "
                "on m.chat_id = c.chat_id and m.number = c.number "
                "where c.chat_id = ? and c.seq > ? and c.seq <= ? order by c.seq limit ?",
                message_columns);
        case read_sql::texts:
            return texts_in("asc");
        case read_sql::texts_descending:
            return texts_in("desc");
        case read_sql::few_messages:
            return by_number(message_columns, few_numbers);
        case read_sql::many_messages:
            return by_number(message_columns, many_numbers);
        case read_sql::few_texts:
            return by_number(text_columns, few_numbers);
        case read_sql::many_texts:
            return by_number(text_columns, many_numbers);
    }
    std::abort();
}

}  // namespace

const std::string& text_of(read_sql s) {
    static const auto all = [] {
        std::array<std::string, read_sql_count> texts;
        for (std::size_t i = 0; i < texts.size(); ++i) texts[i] = build_sql(static_cast<read_sql>(i));
        return texts;
    }();
    return all.at(static_cast<std::size_t>(s));
}

// All columns are unsigned, since a server may make a decimal of signed and unsigned numbers. Without the hints, a
// server with few rows may scan all of them.
std::string heads_sql(std::span<const core::chat_id> chats, std::span<const core::app_id> apps) {
    auto sql =
        fmt::format("select {}, value, cast(0 as unsigned), cast(0 as unsigned) from meta where name = 'generation'",
                    static_cast<std::uint64_t>(head_row::generation));
    const auto of_chat =
        fmt::format("select {}, id, messages_count, changes_count from chats force index (primary) where id",
                    static_cast<std::uint64_t>(head_row::chat));
    const auto of_app =
        fmt::format("select {}, id, chats_count, cast(0 as unsigned) from apps force index (primary) where id",
                    static_cast<std::uint64_t>(head_row::app));
    append_union(sql, of_chat, chats);
    append_union(sql, of_app, apps);
    return sql;
}

}  // namespace confab::ledger::mysql
