// Definitions that the units of the MySQL ledger share: columns, and the conversion of rows to our types.
#pragma once

#include <fmt/core.h>

#include <algorithm>

#include "core/delivery.hpp"
#include "core/effect.hpp"
#include "core/entities.hpp"
#include "core/text.hpp"
#include "drivers/mysql/failure.hpp"
#include "drivers/mysql/values.hpp"
#include "ledger/index_source.hpp"

namespace confab::ledger::mysql {

// Not inline: the SQLite ledger has constants of the same names, and the linker could confuse them.
constexpr std::string_view app_columns = "id, token, name, chats_count, created_at, updated_at";
inline confab::mysql::failure corrupt_data(const std::string& why) {
    return {confab::mysql::failure::kind::corrupt_data, 0, why};
}

// Throws mysql::failure: the row is damaged.
inline core::app app_from(const confab::mysql::row& row) {
    const auto token = core::app_token::parse(row.text(1));
    if (!token) throw corrupt_data(fmt::format("table apps, row {}: its token is not valid", row.number(0)));
    return {core::app_id(row.number(0)),
            *token,
            std::string(row.text(2)),
            row.number(3),
            {row.integer(4)},
            {row.integer(5)}};
}

inline core::chat chat_from(const confab::mysql::row& row) {
    return {core::chat_id(row.number(0)),
            core::chat_number(row.number(1)),
            row.number(2),
            row.number(3),
            {row.integer(4)},
            {row.integer(5)}};
}

constexpr std::string_view message_columns =
    "m.number, m.content, m.sender, m.metadata, m.version, m.created_at, m.updated_at, m.deleted_at";
// `first`: the index of the first of these columns in the row.
inline core::message message_from(const confab::mysql::row& row, std::size_t first = 0) {
    const auto gone = first + 7;
    return {core::message_number(row.number(first)),
            std::string(row.text(first + 1)),
            row.optional_text(first + 2),
            row.optional_text(first + 3),
            row.number(first + 4),
            {row.integer(first + 5)},
            {row.integer(first + 6)},
            row.is_null(gone) ? std::nullopt : std::optional(timestamp{row.integer(gone)})};
}

constexpr std::string_view text_columns = "number, version, content";
inline text text_from(const confab::mysql::row& row) {
    return {core::message_number(row.number(0)), row.number(1), row.optional_text(2)};
}

// For readers, as in SQLite: JSON and folding rely on UTF-8. Throws mysql::failure: a text is not UTF-8.
inline void require_utf8(std::string_view table, std::uint64_t number, std::string_view text) {
    if (!core::is_utf8(text))
        throw corrupt_data(fmt::format("table {}, number {}: a text is not UTF-8", table, number));
}
inline core::app checked_app_from(const confab::mysql::row& row) {
    auto made = app_from(row);
    require_utf8("apps", row.number(0), made.name);
    return made;
}
inline core::message checked_message_from(const confab::mysql::row& row) {
    auto made = message_from(row);
    for (const auto* one : {&made.sender, &made.metadata})
        if (*one) require_utf8("messages", row.number(0), **one);
    require_utf8("messages", row.number(0), made.content);
    return made;
}
inline text checked_text_from(const confab::mysql::row& row) {
    auto made = text_from(row);
    if (made.content) require_utf8("messages", row.number(0), *made.content);
    return made;
}

inline std::uint64_t encode(const core::key_scope& scope) {
    return scope.id << 2 | static_cast<std::uint64_t>(scope.of);
}

// Reads a job, an epoch or a digest. Throws mysql::failure: the value has another length.
template <class Bytes>
Bytes bytes_from(confab::mysql::blob stored) {
    Bytes made{};
    if (stored.size() != made.size())
        throw corrupt_data(fmt::format("a value has {} bytes, expected {}", stored.size(), made.size()));
    std::ranges::copy(stored, made.begin());
    return made;
}

enum class change_kind : std::uint64_t { edit = 1, deletion = 2 };

}  // namespace confab::ledger::mysql
