// Shared by the sources of the SQLite index: how a chat and a number become a rowid, and the connections with their
// statements.
#pragma once

#include <algorithm>
#include <span>

#include "drivers/sqlite/sqlite.hpp"
#include "search/indexed/index.hpp"

namespace confab::search {

inline std::uint64_t row_of(core::chat_id chat, std::uint64_t number) {
    return chat.value() << 32 | std::min(number, core::number_max);
}
inline core::message_number number_in(std::uint64_t row) {
    return core::message_number(row & core::number_max);
}

inline std::string_view view(sqlite::blob bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline sqlite::blob blob(std::string_view bytes) {
    return std::as_bytes(std::span(bytes));
}

inline constexpr std::string_view position_sql = "select messages, changes from chats where id = ?";
inline constexpr std::string_view chats_sql =
    "select id, messages, changes from chats where id > ? order by id limit ?";
// The block of a message: the last one in the chat's range that begins at or before the message.
inline constexpr std::string_view block_of_sql =
    "select id, entries, texts from blocks where id > ? and id <= ? order by id desc limit 1";

inline core::position read_position(sqlite::statement& sql, core::chat_id chat) {
    sql.bind(chat.value());
    const sqlite::reset_guard until_done(sql);
    return sql.row() ? core::position{sql.number(0), sql.number(1)} : core::position{};
}

inline std::vector<core::chat_position> read_chats(sqlite::statement& sql, core::chat_id after) {
    constexpr std::uint64_t rows_max = 1'000;
    sql.bind(after.value(), rows_max);
    const sqlite::reset_guard until_done(sql);
    std::vector<core::chat_position> found;
    while (sql.row()) found.push_back({core::chat_id(sql.number(0)), {sql.number(1), sql.number(2)}});
    return found;
}

struct read_session {
    explicit read_session(const std::string& file)
        : db(file, sqlite::access::read_only),
          find_position(db.prepare(position_sql)),
          signatures(db.prepare("select id, grams from signatures where id > ? and id <= ? order by id desc")),
          block(db.prepare("select entries, texts from blocks where id = ?")) {}

    sqlite::connection db;
    sqlite::statement find_position, signatures, block;
};

struct write_session {
    explicit write_session(sqlite::connection opened)
        : db(std::move(opened)),
          find_position(db.prepare(position_sql)),
          chats(db.prepare(chats_sql)),
          block_of(db.prepare(block_of_sql)),
          put_block(db.prepare("insert or replace into blocks(id, entries, texts) values(?, ?, ?)")),
          put_signature(db.prepare("insert or replace into signatures(id, grams) values(?, ?)")),
          put_position(db.prepare("insert or replace into chats(id, messages, changes) values(?, ?, ?)")) {}

    sqlite::connection db;
    sqlite::statement find_position, chats, block_of, put_block, put_signature, put_position;
};

// One slice of candidates, from one snapshot. Throws sqlite::failure, damaged_block.
candidates candidates_in(read_session& s, core::chat_id chat, const core::folded_query& query,
                         core::message_number below);

// index_writer::store as one transaction. False: the position is not `from`. Throws sqlite::failure, damaged_block.
bool store_in(write_session& s, core::chat_id chat, std::span<const indexed_text> texts, core::position from,
              core::position to);

}  // namespace confab::search
