// The MySQL ledger's reader: every statement uses a key, and a call never reads much more than it returns.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <limits>
#include <random>
#include <thread>

#include "ledger/mysql/changes.hpp"
#include "ledger/mysql/multi_row_sql.hpp"
#include "ledger/mysql/reader.hpp"
#include "ledger/mysql/reader_sql.hpp"
#include "ledger/mysql/server.hpp"
#include "ledger/mysql/slices.hpp"
#include "support/mysql.hpp"
#include "support/run.hpp"
#include "support/seed.hpp"

namespace confab::testing {
namespace {

using ledger::mysql::read_sql;

constexpr core::chat_id chat(9);
const std::string token = "aaaaaaaaaaaaaaaaaaaaaaaa";

// 2,000 apps. One of them has 2,000 chats. One of these has 2,000 messages and 2,000 changes; its neighbours have some.
void fill() {
    clear_ledger();
    std::string counted = "insert into numbers values(1)";
    for (int i = 2; i <= 2000; ++i) counted += fmt::format(",({})", i);
    const auto from_numbers = [](std::string_view into, std::string_view values) {
        return fmt::format("insert into {} select {} from numbers", into, values);
    };
    execute({"create table if not exists numbers(i int unsigned primary key) engine = innodb", "delete from numbers",
             counted});
    execute({
        from_numbers("apps(id, token, name, created_at, updated_at)",
                     fmt::format("i, if(i = 5, '{}', lpad(i, 24, 'b')), 'a', 1, 1", token)),
        from_numbers("chats(id, app_id, number, messages_count, created_at, updated_at)", "i + 8, 5, i, 1, 1, 1"),
        from_numbers("messages(chat_id, number, content, created_at, updated_at)", "9, i, 'x', 1, 1"),
        from_numbers("messages(chat_id, number, content, created_at, updated_at)", "10 + i % 50, i, 'x', 1, 1"),
        from_numbers("changes(chat_id, seq, number, kind, version, content_before, at)",
                     "9, i, 1 + i % 20, 1, 2 + i div 20, 'x', 1"),
        from_numbers("changes(chat_id, seq, number, kind, version, content_before, at)",
                     "10 + i % 50, i, 1, 1, i, 'x', 1"),
        "drop table numbers",
        "analyze table apps, chats, messages, changes",
    });
}

// Parameters with which a statement finds rows.
mysql::parameters example(read_sql s) {
    const std::uint64_t few = 10, one = 1, limit = 50, app = 5;
    const auto numbered = [](std::size_t places) {
        mysql::parameters values(chat.value());
        for (std::size_t i = 0; i < places; ++i) values.add(std::uint64_t{7 * i + 1});
        return values;
    };
    const auto placed = [](std::size_t places) {
        mysql::parameters values;
        for (std::size_t i = 0; i < places; ++i) {
            values.add(chat.value());
            values.add(std::uint64_t{7 * i + 1});
        }
        return values;
    };
    switch (s) {
        case read_sql::app_by_token:
            return mysql::parameters(std::string_view(token));
        case read_sql::app_by_id:
            return mysql::parameters(app);
        case read_sql::chat:
            return mysql::parameters(one, std::string_view(token));
        case read_sql::chat_id:
            return mysql::parameters(one, std::string_view(token));
        case read_sql::one_lookup:
            return placed(1);
        case read_sql::few_lookups:
            return placed(ledger::mysql::few_lookups);
        case read_sql::more_lookups:
            return placed(ledger::mysql::more_lookups);
        case read_sql::most_lookups:
            return placed(ledger::mysql::lookups_max);
        case read_sql::last_app:
            return {};
        case read_sql::apps:
        case read_sql::apps_descending:
            return mysql::parameters(few, few + limit, limit);
        case read_sql::chats:
        case read_sql::chats_descending:
            return mysql::parameters(app, few, few + limit, limit);
        case read_sql::messages:
        case read_sql::messages_descending:
        case read_sql::texts:
        case read_sql::texts_descending:
        case read_sql::feed_changes:
            return mysql::parameters(chat.value(), few, few + limit, limit);
        case read_sql::present_version:
            return mysql::parameters(chat.value(), few);
        case read_sql::past_versions:
            return mysql::parameters(chat.value(), few, one, few + limit, limit);
        case read_sql::position:
            return mysql::parameters(chat.value());
        case read_sql::positions_after:
            return mysql::parameters(few, limit);
        case read_sql::changes:
            return mysql::parameters(chat.value(), few, limit);
        case read_sql::few_messages:
        case read_sql::few_texts:
            return numbered(ledger::mysql::few_numbers);
        case read_sql::many_messages:
        case read_sql::many_texts:
            return numbered(ledger::mysql::many_numbers);
    }
    std::abort();
}

// How the server finds a statement's rows, a line for each table.
std::vector<std::string> plan(mysql::rows_view explained, bool is_mariadb) {
    // id, select_type, table, (MySQL: partitions,) type, possible_keys, key, key_len, ref, rows, (MySQL: filtered,)
    // Extra
    const std::size_t type = is_mariadb ? 3 : 4, key = type + 2, rows = key + 3,
                      extra = is_mariadb ? rows + 1 : rows + 2;
    std::vector<std::string> lines;
    for (const auto& row : explained)
        lines.push_back(
            fmt::format("{} by {}, {} rows; {}", row.text(type), row.text(key), row.integer(rows), row.text(extra)));
    return lines;
}

// The statement and its access method, for each table that it reads without a key.
std::vector<std::string> tables_without_key(mysql::rows_view explained, bool is_mariadb, const std::string& sql) {
    std::vector<std::string> wrong;
    for (const auto& line : plan(explained, is_mariadb)) {
        // The last entry of a key, read while planning.
        const bool is_planned_away = line.find("Select tables optimized away") != std::string::npos;
        const bool is_by_key = line.starts_with("const by ") || line.starts_with("eq_ref by ") ||
                               line.starts_with("ref by ") || line.starts_with("range by ");
        const bool is_sorted_again =
            line.find("filesort") != std::string::npos || line.find("temporary") != std::string::npos;
        if ((!is_by_key && !is_planned_away) || is_sorted_again) wrong.push_back(sql + " -> " + line);
    }
    return wrong;
}

TEST(mysql_reader, finds_everything_by_a_key) {
    fill();
    std::vector<std::string> wrong;
    ledger::mysql::with_server(mysql_server(), [&](mysql::connection& db) -> awaitable<void> {
        const auto version = co_await db.query("select version()");
        const bool is_mariadb = version.front().text(0).find("MariaDB") != std::string_view::npos;
        for (std::size_t i = 0; i < ledger::mysql::read_sql_count; ++i) {
            const auto s = static_cast<read_sql>(i);
            const auto sql = "explain format = traditional " + ledger::mysql::text_of(s);
            const auto values = example(s);
            const auto explained = co_await db.run(sql, values);
            std::ranges::move(tables_without_key(explained.view(), is_mariadb, ledger::mysql::text_of(s)),
                              std::back_inserter(wrong));
        }
    });
    for (const auto& line : wrong) ADD_FAILURE() << line;
}

// The writer's statements that find rows by more than an id.
TEST(mysql_writer, finds_by_a_key_what_it_changes) {
    fill();
    std::vector<std::string> wrong;
    ledger::mysql::with_server(mysql_server(), [&](mysql::connection& db) -> awaitable<void> {
        const auto version = co_await db.query("select version()");
        const bool is_mariadb = version.front().text(0).find("MariaDB") != std::string_view::npos;
        for (const std::size_t pairs : ledger::mysql::chunk_sizes) {
            mysql::parameters values;
            for (std::uint64_t i = 0; i < pairs; ++i) {
                values.add(chat.value());
                values.add(1 + i);
            }
            const auto sql = ledger::mysql::delete_history_sql(pairs);
            const auto explained = co_await db.run("explain format = traditional " + sql, std::move(values));
            std::ranges::move(tables_without_key(explained.view(), is_mariadb, sql), std::back_inserter(wrong));
        }
        const auto sql = std::string(ledger::mysql::content_now_sql);
        const auto explained = co_await db.run("explain format = traditional " + sql.substr(1, sql.size() - 2),
                                               chat.value(), std::uint64_t{7});
        std::ranges::move(tables_without_key(explained.view(), is_mariadb, sql), std::back_inserter(wrong));
    });
    for (const auto& line : wrong) ADD_FAILURE() << line;
}

// The server's counts of rows read and bytes sent in one session, for one call of the reader.
struct cost {
    std::uint64_t rows_read = 0;
    std::uint64_t bytes_sent = 0;
};

// A reader with a single connection, whose costs can be queried.
class measured_reader {
public:
    measured_reader()
        : pool_(one_connection()),
          reader_(ledger::mysql::make_mysql_reader(pool_, read_pool_.get_executor(), core::generation::make())) {}

    ledger::readers& reader() { return *reader_; }

    // The costs of this connection since it was opened.
    cost so_far() {
        cost all;
        run([](mysql::pool& pool, cost& c) -> awaitable<void> {
            const auto db = co_await pool.take();
            const auto observed = co_await db->query(
                "show session status where variable_name in ('Bytes_sent', 'Handler_read_first', 'Handler_read_key', "
                "'Handler_read_last', 'Handler_read_next', 'Handler_read_prev', 'Handler_read_rnd', "
                "'Handler_read_rnd_next')");
            for (const auto& row : observed) {
                const auto value = std::stoull(std::string(row.text(1)));
                (row.text(0) == "Bytes_sent" ? c.bytes_sent : c.rows_read) += value;
            }
        }(pool_, all));
        return all;
    }

private:
    static mysql::pool_options one_connection() {
        auto options = mysql_server();
        options.connections_max = 1;
        return ledger::mysql::pool_options_of(options);
    }

    asio::thread_pool read_pool_{1};
    mysql::pool pool_;
    std::unique_ptr<ledger::readers> reader_;
};

// Inserts messages of these lengths into the chat.
void put_messages(const std::vector<std::size_t>& lengths) {
    clear_ledger();
    ledger::mysql::with_server(mysql_server(), [&](mysql::connection& db) -> awaitable<void> {
        co_await db.query("start transaction");
        std::uint64_t number = 0;
        for (const auto length : lengths) {
            const std::uint64_t bytes = length;
            co_await db.run(
                "insert into messages(chat_id, number, content, created_at, updated_at) values(?, ?, repeat('x', ?), "
                "1, 1)",
                chat.value(), ++number, bytes);
        }
        co_await db.query("commit");
    });
}

// Reads a list completely, in slices. Returns the maximum cost, and checks that no row is missing.
void walk(measured_reader& r, std::size_t count, ledger::order order, std::size_t rows_max) {
    ledger::window w{.last = count, .order = order, .rows_max = rows_max};
    std::uint64_t seen = 0;
    for (;;) {
        const auto slice = run(r.reader().messages(chat, w)).value();
        if (slice.empty()) break;
        ASSERT_LE(slice.size(), rows_max);
        std::size_t bytes = 0;
        for (const auto& m : slice) {
            ASSERT_LT(bytes, ledger::slice_bytes_max) << "a row after the slice was full";
            bytes += m.content.size();
            ASSERT_EQ(m.number.value(), order == ledger::order::ascending ? w.after + 1 : w.last);
            order == ledger::order::ascending ? ++w.after : --w.last;
            ++seen;
        }
    }
    EXPECT_EQ(seen, count);
}

TEST(mysql_reader, slices_are_bounded_whatever_rows_weigh) {
    std::mt19937_64 random(seed());
    std::vector<std::size_t> lengths;
    for (int stretch = 0; stretch < 12; ++stretch) {
        const std::size_t heaviest = std::array{20U, 2000U, 65536U, 65536U}[random() % 4];
        const auto count = 1 + random() % (heaviest > 2000 ? 60 : 600);
        for (std::uint64_t i = 0; i < count; ++i) lengths.push_back(1 + random() % heaviest);
    }
    put_messages(lengths);
    measured_reader r;
    for (const auto order : {ledger::order::ascending, ledger::order::descending})
        for (const auto rows_max : {std::size_t{50}, ledger::slice_rows_max}) walk(r, lengths.size(), order, rows_max);
}

TEST(mysql_reader, heavy_rows_are_read_once) {
    constexpr std::size_t count = 400;
    put_messages(std::vector<std::size_t>(count, 65536));
    measured_reader r;
    walk(r, count, ledger::order::ascending, ledger::slice_rows_max);
    const auto cost = r.so_far();
    EXPECT_LT(cost.bytes_sent, count * 65536 * 5 / 4);
    EXPECT_LT(cost.rows_read, count * 5 / 4);
}

TEST(mysql_reader, rows_behind_a_full_slice_are_not_read) {
    std::vector<std::size_t> lengths(1000, 65536);
    std::fill_n(lengths.begin(), 100, 10);  // small rows first, so that the reader requests many
    put_messages(lengths);
    measured_reader r;
    const auto slice = run(r.reader().messages(chat, {.last = 1000})).value();
    EXPECT_EQ(slice.size(), 100 + ledger::slice_bytes_max / 65536);
    // The connection was closed during the read; the new one has not sent anything yet.
    EXPECT_LT(r.so_far().bytes_sent, 100'000U);
    EXPECT_EQ(run(r.reader().messages(chat, {.after = 400, .last = 401})).value().size(), 1U);
}

// Small rows, some large ones, small ones: after the large ones, the reader expects large rows.
std::vector<std::size_t> heavy_behind_light() {
    std::vector<std::size_t> lengths(100, 10);
    lengths.insert(lengths.end(), 3, 60'000);
    lengths.insert(lengths.end(), 2'400, 10);
    return lengths;
}

// The calls that read slices of texts, from one end of the chat to the other.
template <class Source>
void walk_texts(Source& from, const std::vector<std::size_t>& lengths, ledger::order order) {
    ledger::window w{.last = lengths.size(), .order = order};
    std::size_t seen = 0;
    while (w.after < w.last) {
        const auto slice = run(from.texts(chat, w));
        ASSERT_TRUE(slice) << seen << ": " << slice.error().message();
        ASSERT_FALSE(slice->empty()) << seen;
        for (const auto& t : *slice) {
            ASSERT_EQ(t.content->size(), lengths[t.number.value() - 1]);
            ++seen;
        }
        ledger::mysql::advance(w, slice->back().number.value());
    }
    EXPECT_EQ(seen, lengths.size());
}

TEST(mysql_reader, reads_and_audits_go_on_behind_heavy_rows) {
    const auto lengths = heavy_behind_light();
    put_messages(lengths);
    const auto auditor = ledger::mysql::open_mysql_auditor(mysql_server());
    measured_reader r;
    ASSERT_TRUE(run(auditor->refresh()));
    for (const auto order : {ledger::order::ascending, ledger::order::descending}) {
        walk_texts(*auditor, lengths, order);
        walk_texts(r.reader(), lengths, order);
        for (const auto rows_max : {std::size_t{50}, ledger::slice_rows_max}) walk(r, lengths.size(), order, rows_max);
    }
}

// The largest rows that a chat can have, after small ones.
TEST(mysql_reader, an_audit_keeps_its_snapshot_behind_the_heaviest_rows) {
    std::vector<std::size_t> lengths(100, 10);
    lengths.insert(lengths.end(), 900, 65'536);
    put_messages(lengths);
    const auto auditor = ledger::mysql::open_mysql_auditor(mysql_server());
    ASSERT_TRUE(run(auditor->refresh()));
    ASSERT_TRUE(run(auditor->texts(chat, {.last = lengths.size()})));
    execute({"delete from messages"});
    for (int again = 0; again < 3; ++again) walk_texts(*auditor, lengths, ledger::order::ascending);
    ASSERT_TRUE(run(auditor->refresh()));
    EXPECT_TRUE(run(auditor->texts(chat, {.last = lengths.size()})).value().empty());
}

// A lost snapshot is replaced only by the next refresh().
TEST(mysql_reader, an_audit_whose_connection_is_lost_says_so_until_it_is_refreshed) {
    put_messages({10, 10});
    const auto auditor = ledger::mysql::open_mysql_auditor(mysql_server());
    ASSERT_TRUE(run(auditor->refresh()));
    kill_other_sessions();
    EXPECT_EQ(run(auditor->texts(chat, {.last = 2})).error(), error::unavailable);
    EXPECT_EQ(ledger::mysql::last_failure().find("MySQL, auditing: "), 0U) << ledger::mysql::last_failure();
    EXPECT_EQ(run(auditor->messages(chat, core::message_number(0))).error(), error::unavailable);
    ASSERT_TRUE(run(auditor->refresh()));
    EXPECT_EQ(run(auditor->texts(chat, {.last = 2})).value().size(), 2U);
}

TEST(mysql_reader, a_page_of_light_rows_is_one_statement) {
    put_messages(std::vector<std::size_t>(500, 100));
    measured_reader r;
    EXPECT_EQ(run(r.reader().messages(chat, {.last = 500, .rows_max = 51})).value().size(), 51U);
    const auto first = r.so_far().rows_read;
    EXPECT_LE(first, 53U);
    EXPECT_EQ(run(r.reader().messages(chat, {.last = 500})).value().size(), 500U);
    EXPECT_LE(r.so_far().rows_read - first, 504U);
}

TEST(mysql_reader, a_search_scans_a_bounded_range_and_returns_its_end) {
    std::vector<std::size_t> lengths(200, 65536);
    put_messages(lengths);
    execute({"update messages set content = concat(content, 'needle') where number in (3, 150, 199)"});
    measured_reader r;
    const core::folded_query query("NEEDLE");
    std::vector<std::uint64_t> found;
    std::optional<ledger::window> w = ledger::window{.last = 200, .order = ledger::order::descending};
    int calls = 0;
    for (; w; ++calls) {
        const auto part = run(r.reader().matching(chat, *w, query)).value();
        for (const auto& m : part.rows) found.push_back(m.number.value());
        w = part.remaining;
    }
    EXPECT_EQ(found, (std::vector<std::uint64_t>{199, 150, 3}));
    EXPECT_GE(calls, static_cast<int>(200 * 65536 / ledger::match_bytes_max));
    EXPECT_LT(r.so_far().bytes_sent, 200 * 65536 * 5 / 4);
}

// A list of 1,000 ids or more makes MariaDB scan the table.
TEST(mysql_reader, finds_the_counters_of_many_chats_and_apps_by_their_ids) {
    fill();
    measured_reader r;
    std::vector<core::chat_id> chats;
    std::vector<core::app_id> apps;
    for (std::uint64_t i = 0; i < 1'200; ++i) chats.emplace_back(chat.value() + i);
    for (std::uint64_t i = 1; i <= 700; ++i) apps.emplace_back(i);
    const auto before = r.so_far();
    const auto found = run(r.reader().read_heads(chats, apps)).value();
    EXPECT_EQ(found.chats.size(), chats.size());
    EXPECT_EQ(found.apps.size(), apps.size());
    EXPECT_LT(r.so_far().rows_read - before.rows_read, (chats.size() + apps.size()) * 3 / 2);
}

// Changes of one long message, each with all of it.
TEST(mysql_reader, reads_changed_messages_in_slices) {
    put_messages({100, 60'000});
    constexpr std::uint64_t changes = 200;
    std::vector<std::string> rows;
    for (std::uint64_t seq = 1; seq <= changes; ++seq)
        rows.push_back(
            fmt::format("insert into changes(chat_id, seq, number, kind, version, content_before, at) "
                        "values({}, {}, {}, {}, 2, 'x', 1)",
                        chat.value(), seq, 1 + seq % 2, seq == changes ? 2 : 1));
    execute(rows);
    measured_reader r;
    ledger::window w{.last = core::number_max + 9, .order = ledger::order::descending};
    std::uint64_t transferred = 0;
    for (;;) {
        const auto slice = run(r.reader().changed_messages(chat, w)).value();
        if (slice.empty()) break;
        std::size_t bytes = 0;
        for (const auto& c : slice) {
            ASSERT_LT(bytes, ledger::slice_bytes_max) << "a row after the slice was full";
            bytes += c.message.content.size();
            ASSERT_EQ(c.seq, ++w.after);
            ASSERT_EQ(c.message.number.value(), 1 + c.seq % 2);
            ASSERT_EQ(c.is_deletion, c.seq == changes);
        }
        transferred += bytes;
    }
    EXPECT_EQ(w.after, changes);
    EXPECT_LT(r.so_far().bytes_sent, transferred * 3 / 2);
}

// A query must never run on the thread of an event loop: it would block all its connections.
TEST(mysql_reader, a_search_compares_on_the_read_pool) {
    put_messages(std::vector<std::size_t>(1000, 100));
    asio::io_context stands_still;  // the read pool: it runs nothing until the test says so
    const auto open = asio::make_work_guard(stands_still);
    mysql::pool pool(ledger::mysql::pool_options_of(mysql_server()));
    const auto reader = ledger::mysql::make_mysql_reader(pool, stands_still.get_executor(), core::generation::make());
    const core::folded_query query("x");
    asio::io_context loop;
    auto searching = asio::co_spawn(loop, reader->matching(chat, {.last = 1000}, query), asio::use_future);
    while (stands_still.poll_one() == 0) loop.run_one_for(std::chrono::milliseconds(10));
    while (searching.wait_for(std::chrono::seconds(0)) != std::future_status::ready) loop.run_one();
    EXPECT_EQ(searching.get().value().rows.size(), 1000U);
}

TEST(mysql_reader, numbers_out_of_every_range_find_nothing) {
    put_messages({1, 1, 1});
    measured_reader r;
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    auto& reader = r.reader();
    const auto nobody = core::app_token::make();
    EXPECT_EQ(run(reader.find_app(core::app_id(most))).error(), error::not_found);
    EXPECT_EQ(run(reader.find_chat(nobody, core::chat_number(most))).error(), error::not_found);
    EXPECT_EQ(run(reader.find_message(nobody, core::chat_number(most), core::message_number(most))).error(),
              error::not_found);
    EXPECT_TRUE(run(reader.apps({.after = most, .last = most})).value().empty());
    EXPECT_TRUE(run(reader.chats(core::app_id(most), {.last = most})).value().empty());
    EXPECT_TRUE(run(reader.messages(core::chat_id(most), {.last = most})).value().empty());
    EXPECT_EQ(run(reader.messages(chat, {.last = most})).value().size(), 3U);
    EXPECT_TRUE(run(reader.messages(chat, {.after = most, .last = most})).value().empty());
    EXPECT_TRUE(run(reader.messages(chat, {.after = 3, .last = 1})).value().empty());
    EXPECT_EQ(run(reader.versions(chat, core::message_number(most), most)).error(), error::not_found);
    EXPECT_TRUE(run(reader.versions(chat, core::message_number(1), most)).value().empty());
    EXPECT_TRUE(run(reader.changes(chat, most)).value().empty());
    EXPECT_TRUE(run(reader.positions_after(core::chat_id(most))).value().empty());
}

// A history is read in two statements. A write between them must not be visible.
TEST(mysql_reader, a_history_is_complete_while_it_grows_and_is_deleted) {
    constexpr std::uint64_t messages = 20;
    put_messages(std::vector<std::size_t>(messages, 1));
    std::atomic<std::uint64_t> now{1};
    std::thread writer([&] {
        ledger::mysql::with_server(mysql_server(), [&](mysql::connection& db) -> awaitable<void> {
            std::uint64_t seq = 0;
            for (; now <= messages; ++now) {
                const std::uint64_t number = now;
                for (std::uint64_t version = 2; version <= 12; ++version) {
                    const auto before = version == 2 ? std::string("x") : std::to_string(version - 1);
                    const auto after = std::to_string(version);
                    co_await db.query("start transaction");
                    co_await db.run(
                        "insert into changes(chat_id, seq, number, kind, version, content_before, at) "
                        "values(9, ?, ?, 1, ?, ?, ?)",
                        ++seq, number, version, std::string_view(before), version);
                    co_await db.run("update messages set content = ?, version = ?, updated_at = ? where number = ?",
                                    std::string_view(after), version, version, number);
                    co_await db.query("commit");
                }
                co_await db.query("start transaction");
                co_await db.run("update messages set content = null, version = 13, deleted_at = 1 where number = ?",
                                number);
                co_await db.run("update changes set content_before = null where number = ?", number);
                co_await db.query("commit");
            }
        });
    });
    measured_reader r;
    int observed = 0;
    for (std::uint64_t number = now; number <= messages; number = now) {
        const auto versions = run(r.reader().versions(chat, core::message_number(number), 0));
        if (!versions) {
            EXPECT_EQ(versions.error(), error::deleted);
            continue;
        }
        ++observed;
        for (std::size_t i = 0; i < versions->size(); ++i) {
            EXPECT_EQ((*versions)[i].version, i + 1);
            EXPECT_EQ((*versions)[i].content, i == 0 ? "x" : std::to_string(i + 1));
            EXPECT_EQ((*versions)[i].created_at.us, static_cast<std::int64_t>(i + 1));
        }
    }
    writer.join();
    EXPECT_GT(observed, 0);
}

}  // namespace
}  // namespace confab::testing
