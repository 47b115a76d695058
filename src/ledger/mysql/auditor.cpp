// The auditing side of the MySQL ledger. It reads slices of keys and counters, on one connection that is opened on the
// loop of the first refresh(). A snapshot of InnoDB lasts from each refresh() to the next, and takes no lock.
#include <fmt/core.h>

#include <chrono>
#include <limits>

#include "base/counted.hpp"
#include "ledger/mysql/reader_sql.hpp"
#include "ledger/mysql/rows.hpp"
#include "ledger/mysql/schema.hpp"
#include "ledger/mysql/server.hpp"
#include "ledger/mysql/slices.hpp"

namespace confab::ledger::mysql {
namespace {

constexpr auto whole_ledger_limit = std::chrono::hours(2);  // for a statement that scans complete tables
constexpr std::uint64_t slice_limit = slice_rows_max;

// A secondary index. It must have as many entries as its table has rows.
struct secondary_index {
    std::string_view table, name;
};
constexpr secondary_index secondary_indexes[] = {
    {"apps", "apps_by_token"}, {"chats", "chats_of_app"}, {"changes", "changes_of_message"}};

// Finds chats with messages or changes by a skip scan of the primary key, one step for each chat. Counts only the rows
// of wrong chats.
constexpr std::string_view orphans_sql = R"sql(
    select (select count(*) from apps where id < 1)
         + (select count(*) from chats c left join apps a on a.id = c.app_id where a.id is null or c.id < 1 or c.number < 1)
         + (select coalesce(sum((select count(*) from messages r
                                 where r.chat_id = m.chat_id and (c.id is null or r.number < 1))), 0)
            from (select chat_id, min(number) as least from messages group by chat_id) m
            left join chats c on c.id = m.chat_id where c.id is null or m.least < 1)
         + (select coalesce(sum((select count(*) from changes r
                                 where r.chat_id = h.chat_id and (c.id is null or r.seq < 1))), 0)
            from (select chat_id, min(seq) as least from changes group by chat_id) h
            left join chats c on c.id = h.chat_id where c.id is null or h.least < 1)
         + (select count(*) from idempotency i
            left join apps a on i.scope & 3 = 0 and a.id = i.number
            left join chats c on i.scope & 3 = 1 and c.app_id = i.scope >> 2 and c.number = i.number
            left join messages m on i.scope & 3 = 2 and m.chat_id = i.scope >> 2 and m.number = i.number
            where a.id is null and c.id is null and m.chat_id is null)
)sql";

class mysql_auditor final : public auditor {
public:
    explicit mysql_auditor(const mysql_options& options) : db_(connection_options_of(options)) {}

    awaitable<result<void>> refresh() override {
        try {
            co_await begin();
            co_return result<void>();
        } catch (const confab::mysql::failure& cause) {
            report_failure("auditing", cause);
        }
        co_return error::unavailable;
    }

    // Checks that secondary indexes and tables have the same number of rows. Why not `check table`: it ends the
    // snapshot, blocks a change of the table, and a damaged InnoDB page ends the server process. InnoDB verifies the
    // checksum of every page it reads, and the check reads all rows. So damage ends the check with an error.
    awaitable<result<std::vector<std::string>>> engine_findings() override {
        std::vector<std::string> findings;
        for (const auto& index : secondary_indexes) {
            const auto sql = fmt::format(
                "select (select count(*) from {0} force index (primary)), (select count(*) from {0} force index ({1}))",
                index.table, index.name);
            const auto counts = co_await all_of(sql);
            if (!counts) co_return counts.error();
            const auto rows = counts->front().number(0), indexed = counts->front().number(1);
            if (rows != indexed)
                findings.push_back(fmt::format("table {} has {}, its index {} has {}", index.table,
                                               counted(rows, "row"), index.name, indexed));
        }
        co_return findings;
    }

    awaitable<result<std::vector<app_row>>> apps(core::app_id after, std::size_t rows_max) override {
        const confab::mysql::parameters values(after.value(), std::uint64_t{rows_max});
        co_return co_await rows<app_row>(
            "select id, token, chats_count from apps where id > ? order by id limit ?", values, [](const auto& row) {
                return app_row{core::app_id(row.number(0)), std::string(row.text(1)), row.number(2)};
            });
    }

    awaitable<result<std::vector<chat_row>>> chats(core::app_id app, core::chat_number after,
                                                   std::size_t rows_max) override {
        const confab::mysql::parameters values(app.value(), after.value(), std::uint64_t{rows_max});
        const auto from = [app](const confab::mysql::row& row) {
            return chat_row{core::chat_id(row.number(0)), app, core::chat_number(row.number(1)), row.number(2),
                            row.number(3)};
        };
        co_return co_await rows<chat_row>(
            "select id, number, messages_count, changes_count from chats where app_id = ? and number > ? "
            "order by number limit ?",
            values, from);
    }

    awaitable<result<std::vector<message_row>>> messages(core::chat_id chat, core::message_number after) override {
        const confab::mysql::parameters values(chat.value(), after.value(), slice_limit);
        co_return co_await rows<message_row>(
            "select number, version, deleted_at is not null, content is not null, metadata is not null from messages "
            "where chat_id = ? and number > ? order by number limit ?",
            values, [](const auto& row) {
                return message_row{core::message_number(row.number(0)), row.number(1), row.integer(2) != 0,
                                   row.integer(3) != 0, row.integer(4) != 0};
            });
    }

    awaitable<result<std::vector<change_row>>> changes(core::chat_id chat, std::uint64_t after_seq) override {
        const confab::mysql::parameters values(chat.value(), after_seq, slice_limit);
        co_return co_await rows<change_row>(
            "select seq, number, version, content_before is not null from changes "
            "where chat_id = ? and seq > ? order by seq limit ?",
            values, [](const auto& row) {
                return change_row{row.number(0), core::message_number(row.number(1)), row.number(2),
                                  row.integer(3) != 0};
            });
    }

    awaitable<result<std::vector<text>>> texts(core::chat_id chat, window wanted) override {
        const auto w = clamped(wanted);
        const auto sql = w.order == order::ascending ? read_sql::texts : read_sql::texts_descending;
        // Never closes the connection: that would end the snapshot, and a new one would not match the earlier reads.
        const slice_limits limits{slice_rows(w), slice_bytes_max, std::numeric_limits<std::size_t>::max()};
        try {
            co_await ensure_begun();
            auto slice = co_await fetch_slice<text>(db_, text_of(sql), chat, w, limits, weights_, checked_text_from);
            co_return std::move(slice.rows);
        } catch (const confab::mysql::failure& cause) {
            report_failure("auditing", cause);
        }
        co_return error::unavailable;
    }

    awaitable<result<std::uint64_t>> counted_rows() override {
        const auto counted = co_await all_of(
            "select cast(coalesce(sum(messages_count), 0) + coalesce(sum(changes_count), 0) as unsigned) from chats");
        if (!counted) co_return counted.error();
        co_return counted->front().number(0);
    }

    awaitable<result<std::uint64_t>> orphans() override {
        const auto count = co_await all_of(orphans_sql);
        if (!count) co_return count.error();
        co_return count->front().number(0);
    }

private:
    awaitable<void> begin() {
        if (!db_.is_usable()) {
            co_await db_.open();
            co_await db_.query("set session transaction isolation level repeatable read");
        }
        // Ends the snapshot before it.
        co_await db_.query("start transaction with consistent snapshot, read only");
        has_begun_ = true;
    }

    // The first call may come before refresh(). But a snapshot that was lost with its connection is replaced only by
    // refresh().
    awaitable<void> ensure_begun() {
        if (!has_begun_) co_await begin();
    }

    awaitable<result<confab::mysql::rows>> all_of(std::string_view sql) {
        try {
            co_await ensure_begun();
            auto found = co_await db_.query(sql, whole_ledger_limit);
            co_return std::move(found);
        } catch (const confab::mysql::failure& cause) {
            report_failure("auditing", cause);
        }
        co_return error::unavailable;
    }

    template <class T, class From>
    awaitable<result<std::vector<T>>> rows(std::string_view sql, const confab::mysql::parameters& values, From from) {
        try {
            co_await ensure_begun();
            const auto found = co_await db_.run(sql, values);
            std::vector<T> made;
            for (const auto& row : found) made.push_back(from(row));
            co_return made;
        } catch (const confab::mysql::failure& cause) {
            report_failure("auditing", cause);
        }
        co_return error::unavailable;
    }

    confab::mysql::connection db_;
    bool has_begun_ = false;
    row_weights weights_;
};

}  // namespace

std::unique_ptr<auditor> open_mysql_auditor(const mysql_options& options) {
    with_server(options, [](confab::mysql::connection& db) -> awaitable<void> { co_await require_newest(db); });
    return std::make_unique<mysql_auditor>(options);
}

}  // namespace confab::ledger::mysql
