// The search over an index in Elasticsearch and its follower, compared with a scan of the ledger.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "core/decide.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "ops/check_index.hpp"
#include "ops/reindex_job.hpp"
#include "search/indexed/indexed.hpp"
#include "search/scan/scan.hpp"
#include "support/commands.hpp"
#include "support/elastic.hpp"
#include "support/folder.hpp"
#include "support/run.hpp"
#include "support/seed.hpp"

namespace confab::testing {
namespace {

using namespace std::chrono_literals;
using numbers = std::vector<std::uint64_t>;

awaitable<numbers> found_by(search::port& searching, core::chat_id chat, const core::folded_query& query,
                            std::uint64_t before) {
    numbers found;
    for (std::optional below = core::message_number(before); below;) {
        const auto slice = (co_await searching.find(chat, query, *below)).value();
        for (const auto& m : slice.messages) found.push_back(m.number.value());
        below = slice.next;
    }
    co_return found;
}

class elastic_search : public ::testing::Test {
protected:
    elastic_search() { commit({command(new_app(token, "a")), command(core::create_chat{token})}); }

    void commit(const std::vector<core::command>& batch) {
        std::vector<const core::command*> commands;
        for (const auto& c : batch) commands.push_back(&c);
        core::state s;
        ASSERT_TRUE(run(ledger->writer().load(commands, s)));
        core::batch_effects effects;
        for (const auto* c : commands) ASSERT_TRUE(core::decide(s, *c, now(), {}, effects));
        ASSERT_TRUE(run(ledger->writer().apply(effects)));
    }
    void add_messages(std::uint64_t count, const std::string& text) {
        std::vector<core::command> batch;
        for (; count > 0; --count) batch.push_back(command(new_message(token, 1, text)));
        commit(batch);
    }
    void change(std::uint64_t message, const std::string& text) { commit({command(edit(token, 1, message, text))}); }
    void remove(std::uint64_t message) {
        commit({command(core::delete_message{token, core::chat_number(1), core::message_number(message), {}})});
    }

    core::chat chat() { return run(ledger->reader().find_chat(token, core::chat_number(1))).value(); }

    awaitable<result<void>> follow() {
        const auto home = co_await asio::this_coro::executor;
        search::index_follower follower(ledger->reader(), index->reader(), index->writer(), {1, 1ms}, home);
        co_return co_await follower.catch_up();
    }

    awaitable<void> compare(search::index& told_by, std::string text, std::uint64_t before) {
        const core::folded_query query(text);
        const auto id = (co_await ledger->reader().find_chat(token, core::chat_number(1))).value().id;
        const auto scan = search::make_scan(ledger->reader());
        const auto indexed = search::make_indexed(ledger->reader(), told_by);
        const auto found = co_await found_by(*indexed, id, query, before);
        const auto expected = co_await found_by(*scan, id, query, before);
        EXPECT_EQ(found, expected) << '\'' << text << "' below " << before;
    }
    void expect_exact(const std::string& text, std::uint64_t before) { run(compare(index->reader(), text, before)); }

    std::vector<std::string> findings() {
        const auto auditor = ledger::sqlite::open_sqlite_auditor(folder.path());
        return run(ops::check_index(*auditor, index->auditor(), {})).value().findings;
    }

    temporary_folder folder;
    asio::thread_pool pool{1};
    const std::unique_ptr<ledger::sqlite::sqlite_ledger> ledger =
        ledger::sqlite::open_sqlite_ledger({folder.path(), pool.get_executor()});
    const search::elastic_index_options options = new_elastic_index();
    const std::unique_ptr<ledger::index_progress> progress =
        ledger::mysql::make_mysql_index_progress(mysql_with_schema());
    const std::unique_ptr<search::elastic_index> index = search::open_elastic_index(options, *progress);
    const core::app_token token = core::app_token::make();
};

TEST_F(elastic_search, finds_what_a_scan_finds_while_the_chat_grows_and_changes) {
    std::mt19937_64 random(seed());
    const auto upto = [&](std::uint64_t most) { return 1 + random() % most; };
    const std::string letters[] = {"a",  "B", "é", "E\u0301", "語", "ﬁ",    " ", "%", "_", "\"",
                                   "\\", "*", "?", "\n",      "🎈", "👋🏽", "ß", "Σ", "ς", "'"};
    const auto text = [&](std::uint64_t longest) {
        std::string made = letters[upto(6) - 1];
        for (auto more = upto(longest); more > 1; --more) made += letters[upto(std::size(letters)) - 1];
        return made;
    };
    std::uint64_t count = 0;
    for (int round = 0; round < 25; ++round) {
        std::vector<core::command> batch;
        for (auto more = upto(80); more > 0; --more, ++count)
            batch.push_back(command(new_message(token, 1, text(upto(20) == 1 ? 2'000 : 30))));
        commit(batch);
        for (auto changes = upto(12); changes > 0; --changes) {
            const core::message_number message(upto(count));
            const auto now = run(ledger->reader().find_message(token, core::chat_number(1), message)).value();
            if (now.deleted_at) continue;
            if (upto(4) == 1)
                remove(message.value());
            else
                change(message.value(), text(30));
        }
        if (upto(2) == 1) {
            ASSERT_TRUE(run(follow()));
        }
        for (int i = 0; i < 8; ++i) expect_exact(text(4), upto(count + 1));
    }
    ASSERT_TRUE(run(follow()));
    for (const auto& letter : letters) expect_exact(letter, count + 1);
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(elastic_search, scans_while_the_engine_cannot_be_reached) {
    add_messages(300, "a text");
    auto nowhere = options;
    nowhere.engine.where.port = 9;  // discard: no server listens there
    const auto unreachable = search::open_elastic_index(nowhere, *progress);
    EXPECT_EQ(run(unreachable->reader().find_position(chat().id)).error(), error::unavailable);
    run(compare(unreachable->reader(), "text", 301));
}

TEST_F(elastic_search, stays_exact_while_a_new_index_is_filled_and_takes_over) {
    add_messages(3'000, "a text of the beginning");
    ASSERT_TRUE(run(follow()));
    asio::io_context loop;
    std::optional<ops::reindex_report> report;
    int searches = 0, begun_anew = 0;
    ops::reindex_job job(ledger->reader(), options, *progress, {.after_messages = 1}, loop.get_executor());
    const auto rebuild = [&]() -> awaitable<void> { report = co_await job.run(); };
    const auto go_on = [&]() -> awaitable<void> {
        for (std::uint64_t n = 1; !report; ++n) {
            change(n, "an edited text");
            remove(n + 1'000);
            add_messages(1, "one more text");
            const auto followed = co_await follow();
            begun_anew += followed ? 0 : 1;
            co_await compare(index->reader(), "edited", 5'000);
            co_await compare(index->reader(), "beginning", 1'500);
            co_await compare(index->reader(), "one more", 5'000);
            ++searches;
        }
    };
    const auto fail = [](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
    };
    asio::co_spawn(loop, rebuild(), fail);
    asio::co_spawn(loop, go_on(), fail);
    loop.run();
    EXPECT_GT(searches, 3);
    EXPECT_LE(begun_anew, 1);  // by a follower whose index was replaced
    EXPECT_GE(report->messages, 3'000U);
    EXPECT_EQ(report->chats, 1U);
    ASSERT_TRUE(run(follow()));
    expect_exact("text", 10'000);
    EXPECT_EQ(findings(), std::vector<std::string>());
}

}  // namespace
}  // namespace confab::testing
