// A read connection with its statements, for one reader at a time.
#pragma once

#include <string>
#include <string_view>

#include "drivers/sqlite/sqlite.hpp"
#include "ledger/slice.hpp"

namespace confab::ledger::sqlite {

struct read_session {
    explicit read_session(const std::string& database);

    // A list query in both directions.
    struct bidirectional_query {
        bidirectional_query(confab::sqlite::connection& c, std::string_view select, std::string_view key);

        confab::sqlite::statement& in(order o) { return o == order::ascending ? ascending : descending; }

        confab::sqlite::statement ascending, descending;
    };

    // The statements of the index follower.
    struct index_source {
        explicit index_source(confab::sqlite::connection& db);

        confab::sqlite::statement position, positions_after, changes, one_text;
        bidirectional_query texts;
    };

    // The statements of the live feed.
    struct feed_source {
        explicit feed_source(confab::sqlite::connection& db);

        confab::sqlite::statement chats_count, changed_messages;
    };

    confab::sqlite::connection db;
    confab::sqlite::statement app_by_token, app_by_id, chat_by_id, chat_id, message, last_app;
    bidirectional_query apps, chats, messages;
    confab::sqlite::statement versions;
    index_source index;
    feed_source feed;
};

}  // namespace confab::ledger::sqlite
