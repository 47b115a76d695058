#include "ledger/sqlite/read_session.hpp"

#include <fmt/core.h>

#include "ledger/sqlite/rows.hpp"

namespace confab::ledger::sqlite {
namespace {

// In the order of the index changes_of_message: so SQLite does not sort, and stops when the slice is full.
constexpr std::string_view versions_sql =
    "select version, at, content_before from changes "
    "where id >> 32 = ? and number = ? and version > ? and version <= ? order by version";
// Of each session. Larger than the default, so that more inner pages of a ledger of tens of millions of messages stay
// cached. Not larger still: each thread has a session, and long contents fill the cache.
constexpr const char* page_cache = "pragma cache_size = -4096";

}  // namespace

read_session::read_session(const std::string& database)
    : db(database, confab::sqlite::access::read_only),
      app_by_token(db.prepare(fmt::format("select {} from apps where token = ?", app_columns))),
      app_by_id(db.prepare(fmt::format("select {} from apps where id = ?", app_columns))),
      chat_by_id(db.prepare(fmt::format("select {} from chats where id = ?", chat_columns))),
      chat_id(db.prepare("select c.id from apps a join chats c on c.app_id = a.id "
                         "where a.token = ? and c.number = ?")),
      message(db.prepare(fmt::format("select {} from messages where id = ?", message_columns))),
      last_app(db.prepare("select coalesce(max(id), 0) from apps")),
      apps(db, fmt::format("select {} from apps where id > ? and id <= ?", app_columns), "id"),
      chats(db, fmt::format("select {} from chats where app_id = ? and number > ? and number <= ?", chat_columns),
            "number"),
      messages(db, fmt::format("select {} from messages where id > ? and id <= ?", message_columns), "id"),
      versions(db.prepare(versions_sql)),
      index(db),
      feed(db) {
    db.execute(page_cache);
}

read_session::index_source::index_source(confab::sqlite::connection& db)
    : position(db.prepare("select id, messages_count, changes_count from chats where id = ?")),
      positions_after(db.prepare("select id, messages_count, changes_count from chats where id > ? order by id "
                                 "limit ?")),
      changes(db.prepare("select id, number from changes where id > ? and id <= ? order by id limit ?")),
      one_text(db.prepare(fmt::format("select {} from messages where id = ?", text_columns))),
      texts(db, fmt::format("select {} from messages where id > ? and id <= ?", text_columns), "id") {}

read_session::feed_source::feed_source(confab::sqlite::connection& db)
    : chats_count(db.prepare("select id, chats_count from apps where id = ?")),
      changed_messages(db.prepare(fmt::format("select {}, c.id, c.kind from changes c join messages m on m.id = "
                                              "(c.id >> 32 << 32) + c.number where c.id > ? and c.id <= ? "
                                              "order by c.id limit ?",
                                              qualified_message_columns))) {}

read_session::bidirectional_query::bidirectional_query(confab::sqlite::connection& c, std::string_view select,
                                                       std::string_view key)
    : ascending(c.prepare(fmt::format("{} order by {} limit ?", select, key))),
      descending(c.prepare(fmt::format("{} order by {} desc limit ?", select, key))) {}

}  // namespace confab::ledger::sqlite
