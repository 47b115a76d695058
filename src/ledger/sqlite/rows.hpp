// Definitions that the units of the SQLite ledger share: the rowid of a message or change, and the conversion of rows
// to our types.
#pragma once

#include <algorithm>

#include "core/entities.hpp"
#include "core/state.hpp"
#include "core/text.hpp"
#include "drivers/sqlite/sqlite.hpp"
#include "ledger/feed_source.hpp"
#include "ledger/index_source.hpp"

namespace confab::ledger::sqlite {

// The rowid of a chat's message `n`, or change `n`. A larger number than the maximum is clamped, so that none reaches
// the range of the next chat.
inline std::uint64_t row_of(core::chat_id chat, std::uint64_t n) {
    return chat.value() << 32 | std::min(n, core::number_max);
}
inline std::uint64_t number_in(std::uint64_t row) {
    return row & core::number_max;
}

// A change's kind as stored.
inline constexpr std::int64_t change_kind_edit = 1;
inline constexpr std::int64_t change_kind_deletion = 2;

// A key's scope as stored.
inline std::int64_t encode(const core::key_scope& scope) {
    return static_cast<std::int64_t>(scope.id << 2 | static_cast<std::uint64_t>(scope.of));
}

// Nothing: it has not the length of a digest, so it is damaged.
inline std::optional<digest> parse_digest(confab::sqlite::blob stored) {
    digest d;
    if (stored.size() != d.size()) return std::nullopt;
    std::ranges::copy(stored, d.begin());
    return d;
}
inline constexpr std::string_view app_columns = "id, token, name, chats_count, created_at, updated_at";
// Throws sqlite::failure: the row is damaged.
inline core::app app_from(const confab::sqlite::statement& row) {
    const auto token = core::app_token::parse(row.text(1));
    if (!token) throw confab::sqlite::corrupt_row("apps", row.integer(0), "its token is not valid");
    return {core::app_id(row.number(0)),
            *token,
            std::string(row.text(2)),
            row.number(3),
            {row.integer(4)},
            {row.integer(5)}};
}

inline constexpr std::string_view chat_columns = "id, number, messages_count, changes_count, created_at, updated_at";
inline core::chat chat_from(const confab::sqlite::statement& row) {
    return {core::chat_id(row.number(0)),
            core::chat_number(row.number(1)),
            row.number(2),
            row.number(3),
            {row.integer(4)},
            {row.integer(5)}};
}

inline core::chat_position position_from(const confab::sqlite::statement& row) {
    return {core::chat_id(row.number(0)), {row.number(1), row.number(2)}};
}

inline change change_from(const confab::sqlite::statement& row) {
    return {number_in(row.number(0)), core::message_number(row.number(1))};
}

inline constexpr std::string_view message_columns =
    "id, content, sender, metadata, version, created_at, updated_at, deleted_at";
// The same where several tables are joined; messages are `m`.
inline constexpr std::string_view qualified_message_columns =
    "m.id, m.content, m.sender, m.metadata, m.version, m.created_at, m.updated_at, m.deleted_at";
inline constexpr int message_columns_count = 8;
inline core::message message_from(const confab::sqlite::statement& row) {
    return {core::message_number(number_in(row.number(0))),
            std::string(row.text(1)),
            row.optional_text(2),
            row.optional_text(3),
            row.number(4),
            {row.integer(5)},
            {row.integer(6)},
            row.is_null(7) ? std::nullopt : std::optional(timestamp{row.integer(7)})};
}

inline constexpr std::string_view text_columns = "id, version, content";
inline text text_from(const confab::sqlite::statement& row) {
    return {core::message_number(number_in(row.number(0))), row.number(1), row.optional_text(2)};
}

// For readers. The ledger stores valid UTF-8, so any other text is damage. JSON and folding rely on it. The writer
// takes damaged rows as they are: it must be able to edit and delete them. Throws sqlite::failure: a text is not UTF-8.
inline std::string_view checked(std::string_view table, const confab::sqlite::statement& row, std::string_view text) {
    if (!core::is_utf8(text)) throw confab::sqlite::corrupt_row(table, row.integer(0), "a text is not UTF-8");
    return text;
}
inline core::app checked_app_from(const confab::sqlite::statement& row) {
    auto made = app_from(row);
    checked("apps", row, made.name);
    return made;
}
inline core::message checked_message_from(const confab::sqlite::statement& row) {
    auto made = message_from(row);
    checked("messages", row, made.content);
    checked("messages", row, made.sender ? *made.sender : std::string_view());
    checked("messages", row, made.metadata ? *made.metadata : std::string_view());
    return made;
}
// The columns of a message, then the rowid and the kind of a change.
inline changed_message checked_changed_message_from(const confab::sqlite::statement& row) {
    return {number_in(row.number(message_columns_count)),
            row.integer(message_columns_count + 1) == change_kind_deletion, checked_message_from(row)};
}
inline text checked_text_from(const confab::sqlite::statement& row) {
    auto made = text_from(row);
    checked("messages", row, made.content ? *made.content : std::string_view());
    return made;
}

}  // namespace confab::ledger::sqlite
