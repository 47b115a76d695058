// The follower and the search over its index, on a real ledger and a real index.
#include "search/indexed/index_follower.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include "core/decide.hpp"
#include "drivers/sqlite/sqlite.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "ops/check.hpp"
#include "ops/check_index.hpp"
#include "ops/reindex.hpp"
#include "search/indexed/inactive_index_follower.hpp"
#include "search/indexed/indexed.hpp"
#include "search/scan/scan.hpp"
#include "search/sqlite/index_file.hpp"
#include "search/sqlite/sqlite_index.hpp"
#include "support/commands.hpp"
#include "support/folder.hpp"
#include "support/run.hpp"
#include "support/seed.hpp"

namespace confab::search {
namespace {

using namespace std::chrono_literals;
using core::position;
using testing::command, testing::edit, testing::new_message, testing::run;

// Reports each store before it is done.
class watched_writer final : public search::index_writer {
public:
    watched_writer(search::index_writer& into, std::function<void()> storing)
        : into_(into), storing_(std::move(storing)) {}

    awaitable<result<std::vector<core::chat_position>>> chats(core::chat_id after) override {
        return into_.chats(after);
    }
    awaitable<result<void>> store(core::chat_id chat, std::span<const search::indexed_text> texts, position from,
                                  position to) override {
        storing_();
        return into_.store(chat, texts, from, to);
    }
    awaitable<result<void>> clear() override { return into_.clear(); }
    awaitable<bool> maintain() override { return into_.maintain(); }
    std::string last_failure() const override { return into_.last_failure(); }

private:
    search::index_writer& into_;
    const std::function<void()> storing_;
};

// An index as if it were beside another one that is searched. All of these chats have changed.
class beside final : public search::inactive_index {
public:
    beside(search::index& reader, search::index_writer& writer, std::vector<core::chat_id> chats)
        : reader_(reader), writer_(writer), chats_(std::move(chats)) {}

    search::index& reader() override { return reader_; }
    search::index_writer& writer() override { return writer_; }
    awaitable<result<slice>> changed_chats(core::chat_id) override { co_return slice{chats_, {}}; }

private:
    search::index& reader_;
    search::index_writer& writer_;
    const std::vector<core::chat_id> chats_;
};

class one_inactive_index final : public search::inactive_indexes {
public:
    explicit one_inactive_index(std::function<std::unique_ptr<search::inactive_index>()> make)
        : make_(std::move(make)) {}

    awaitable<result<std::vector<std::unique_ptr<search::inactive_index>>>> all() override {
        std::vector<std::unique_ptr<search::inactive_index>> found;
        found.push_back(make_());
        co_return found;
    }
    awaitable<result<void>> remove_unused() override {
        removals += 1;
        co_return result<void>();
    }
    std::string last_failure() const override { return {}; }

    int removals = 0;

private:
    const std::function<std::unique_ptr<search::inactive_index>()> make_;
};

class index_following : public ::testing::Test {
protected:
    index_following() {
        commit({command(testing::new_app(token, "a")), command(core::create_chat{token}),
                command(core::create_chat{token})});
    }

    void commit(const std::vector<core::command>& batch) {
        std::vector<const core::command*> commands;
        for (const auto& c : batch) commands.push_back(&c);
        core::state s;
        ASSERT_TRUE(run(ledger->writer().load(commands, s)));
        core::batch_effects effects;
        for (const auto* c : commands) ASSERT_TRUE(core::decide(s, *c, now(), {}, effects));
        ASSERT_TRUE(run(ledger->writer().apply(effects)));
        if (running) running->committed(effects);
    }

    void say(std::uint64_t chat, std::uint64_t count, const std::string& text = "a text") {
        std::vector<core::command> batch;
        for (std::uint64_t i = 0; i < count; ++i) batch.push_back(command(new_message(token, chat, text)));
        commit(batch);
    }

    void change(std::uint64_t chat, std::uint64_t message, const std::string& text) {
        commit({command(edit(token, chat, message, text))});
    }
    void remove(std::uint64_t chat, std::uint64_t message) {
        commit({command(core::delete_message{token, core::chat_number(chat), core::message_number(message)})});
    }

    index_follower follower(std::uint64_t after, std::chrono::milliseconds pause = 1ms) {
        return {ledger->reader(), index->reader(), index->writer(), {after, pause}, pool.get_executor()};
    }
    void catch_up(std::uint64_t after) { ASSERT_TRUE(run(follower(after).catch_up())); }

    core::chat_id id(std::uint64_t chat) {
        return run(ledger->reader().find_chat(token, core::chat_number(chat))).value().id;
    }
    position find_position(std::uint64_t chat) { return run(index->reader().find_position(id(chat))).value(); }

    void wait_for(position wanted) {
        const auto is_there = [&] {
            const auto at = run(index->reader().find_position(id(1)));
            return at && *at == wanted;
        };
        for (int i = 0; i < 60'000 && !is_there(); ++i) std::this_thread::sleep_for(1ms);
        EXPECT_EQ(find_position(1), wanted);
    }

    std::vector<std::string> findings() {
        const auto ledger_auditor = ledger::sqlite::open_sqlite_auditor(folder.path());
        const auto index_auditor = search::open_sqlite_index_auditor(folder.path(), ledger->identity());
        return run(ops::check_index(*ledger_auditor, *index_auditor, {})).value().findings;
    }

    void damage_index(const char* sql) {
        sqlite::connection db(search::index_file_in(folder.path()), sqlite::access::read_write);
        db.execute(sql);
    }

    std::vector<std::uint64_t> found_by(search::port& searching, std::uint64_t chat, const core::folded_query& query,
                                        std::uint64_t before) {
        std::vector<std::uint64_t> found;
        for (std::optional below = core::message_number(before); below;) {
            const auto slice = run(searching.find(id(chat), query, *below)).value();
            for (const auto& m : slice.messages) found.push_back(m.number.value());
            below = slice.next;
        }
        return found;
    }

    // A search with the index finds the same messages as a scan.
    void expect_exact(std::uint64_t chat, const std::string& query, std::uint64_t before) {
        const core::folded_query folded(query);
        const auto scan = search::make_scan(ledger->reader());
        const auto indexed = search::make_indexed(ledger->reader(), index->reader());
        ASSERT_EQ(found_by(*indexed, chat, folded, before), found_by(*scan, chat, folded, before))
            << '\'' << query << "' below " << before;
    }

    testing::temporary_folder folder;
    asio::thread_pool pool{1};
    std::unique_ptr<ledger::sqlite::sqlite_ledger> ledger =
        ledger::sqlite::open_sqlite_ledger({folder.path(), pool.get_executor()});
    std::unique_ptr<search::sqlite_index> index =
        search::open_sqlite_index({folder.path(), ledger->identity(), pool.get_executor()});
    const core::app_token token = core::app_token::make();
    index_follower* running = nullptr;
};

TEST_F(index_following, indexes_long_chats_and_skips_short_ones) {
    say(1, 99);
    say(2, 100);
    catch_up(100);
    EXPECT_EQ(find_position(1), position());
    EXPECT_EQ(find_position(2), (position{100, 0}));
    say(1, 1);
    say(2, 99);
    catch_up(100);
    EXPECT_EQ(find_position(1), (position{100, 0}));
    EXPECT_EQ(find_position(2), (position{100, 0}));
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(index_following, indexes_more_messages_than_one_store_holds) {
    say(1, 9'000, std::string(300, 'x'));
    change(1, 8'500, "changed before it was taken in");
    catch_up(1);
    EXPECT_EQ(find_position(1), (position{9'000, 1}));
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(index_following, indexes_changes_immediately_but_only_of_indexed_messages) {
    say(1, 100);
    catch_up(100);
    say(1, 50);
    change(1, 120, "not held yet");
    change(1, 7, "held");
    remove(1, 8);
    catch_up(100);
    EXPECT_EQ(find_position(1), (position{100, 3}));
    say(1, 50);
    catch_up(100);
    EXPECT_EQ(find_position(1), (position{200, 3}));
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(index_following, indexes_more_changes_than_one_store_holds) {
    say(1, 60, std::string(60'000, 'x'));
    catch_up(1);
    for (std::uint64_t n = 1; n <= 60; ++n) change(1, n, std::string(60'000, 'y'));
    std::vector<core::command> edits;
    for (int i = 0; i < 1'500; ++i) edits.push_back(command(edit(token, 1, 60, std::to_string(i))));
    commit(edits);
    catch_up(1);
    EXPECT_EQ(find_position(1), (position{60, 1'560}));
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(index_following, rebuilds_an_index_ahead_of_the_ledger) {
    say(1, 10);
    std::vector<indexed_text> ahead;
    for (std::uint64_t n = 1; n <= 10; ++n) ahead.push_back({core::message_number(n), 1, "ahead"});
    ASSERT_TRUE(run(index->writer().store(id(1), ahead, {}, {10, 1})));
    ASSERT_TRUE(run(follower(1).begin()));
    EXPECT_EQ(find_position(1), position());
    catch_up(1);
    EXPECT_EQ(find_position(1), (position{10, 0}));
    ASSERT_TRUE(run(follower(1).begin()));
    EXPECT_EQ(find_position(1), (position{10, 0}));
}

TEST_F(index_following, rebuilds_a_damaged_index) {
    say(1, 10);
    catch_up(1);
    damage_index(
        "drop table chats; create table chats(id integer primary key, messages integer, changes integer) strict;"
        "pragma writable_schema = on; update sqlite_schema set rootpage = 99 where name = 'chats'");
    index = search::open_sqlite_index({folder.path(), ledger->identity(), pool.get_executor()});
    ASSERT_TRUE(run(follower(1).begin()));
    catch_up(1);
    EXPECT_EQ(find_position(1), (position{10, 0}));
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(index_following, follows_what_is_committed_until_it_is_stopped) {
    say(1, 500);
    auto f = follower(100);
    auto ended = asio::co_spawn(pool, f.run(), asio::use_future);
    running = &f;
    wait_for({500, 0});
    say(1, 99);
    change(1, 1, "changed");
    wait_for({500, 1});
    say(1, 1);
    wait_for({600, 1});
    say(1, 10'000);
    remove(1, 10'000);
    wait_for({10'600, 2});
    f.stop();
    ended.get();
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(index_following, rebuilds_an_index_found_damaged_while_running) {
    say(1, 300);
    auto f = follower(100);
    auto ended = asio::co_spawn(pool, f.run(), asio::use_future);
    wait_for({300, 0});
    damage_index("update blocks set entries = x'0163'");
    expect_exact(1, "text", 301);
    wait_for({300, 0});
    f.stop();
    ended.get();
    EXPECT_EQ(findings(), std::vector<std::string>());
}

// So an index that was blocked for hours is followed again soon.
TEST(index_follower_failures, are_followed_by_pauses_of_half_a_minute_at_most) {
    auto pause = search::index_follower::retry_pause();
    for (const auto expected : {5s, 10s, 20s, 30s, 30s, 30s}) EXPECT_EQ(pause.next(), expected);
}

TEST_F(index_following, stops_immediately_while_idle) {
    auto f = follower(1, 1h);
    auto ended = asio::co_spawn(pool, f.run(), asio::use_future);
    f.stop();
    EXPECT_EQ(ended.wait_for(60s), std::future_status::ready);
}

TEST_F(index_following, beside_the_searched_index_stops_within_one_store) {
    say(1, 60, std::string(60'000, 'x'));
    catch_up(1);
    for (std::uint64_t n = 1; n <= 60; ++n) change(1, n, std::string(60'000, 'y'));
    int stores = 0;
    std::function<void()> storing = [] {};
    watched_writer watched(index->writer(), [&] {
        stores += 1;
        storing();
    });
    const std::vector<core::chat_id> chats(1, id(1));
    one_inactive_index inactive([&] { return std::make_unique<beside>(index->reader(), watched, chats); });
    inactive_index_follower stopped(ledger->reader(), inactive, pool.get_executor(), {});
    storing = [&] { stopped.stop(); };
    auto ended = asio::co_spawn(pool, stopped.run(), asio::use_future);
    ASSERT_EQ(ended.wait_for(60s), std::future_status::ready);
    EXPECT_EQ(stores, 1);
    EXPECT_EQ(inactive.removals, 0);
    storing = [] {};
    inactive_index_follower follower(ledger->reader(), inactive, pool.get_executor(), {});
    ASSERT_TRUE(run(follower.catch_up()));
    EXPECT_GT(stores, 2);
    EXPECT_EQ(find_position(1), (position{60, 60}));
}

TEST_F(index_following, rebuilds_a_lost_index) {
    say(1, 300);
    catch_up(1);
    damage_index("delete from blocks; delete from signatures");
    EXPECT_NE(findings(), std::vector<std::string>());
    auto f = follower(1);
    const auto report = run(ops::reindex(f, index->writer())).value();
    EXPECT_EQ(report.chats, 1U);
    EXPECT_EQ(report.messages, 300U);
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(index_following, is_reported_by_check_when_a_block_is_damaged) {
    say(1, 4'000);  // several blocks
    catch_up(1);
    damage_index("update blocks set entries = x'' where id = (select min(id) from blocks)");
    const auto first = findings();
    ASSERT_EQ(first.size(), 2U);
    EXPECT_NE(first[0].find("invalid block of messages 1 and later"), std::string::npos) << first[0];
    EXPECT_NE(first[1].find("out of sequence"), std::string::npos) << first[1];
    damage_index("update blocks set entries = x'63'");
    EXPECT_GE(findings().size(), 3U);
}

TEST_F(index_following, is_reported_by_check_when_it_differs) {
    say(1, 3);
    change(1, 2, "changed");
    remove(1, 3);
    catch_up(1);
    const auto taken = [&](std::vector<search::indexed_text> texts) {
        EXPECT_TRUE(run(index->writer().clear()));
        EXPECT_TRUE(run(index->writer().store(id(1), texts, {}, {texts.size(), 2})));
        const auto all = findings();
        return all.size() == 1 ? all.front() : std::to_string(all.size()) + " findings";
    };
    using core::message_number;
    const search::indexed_text one{message_number(1), 1, "a text"}, two{message_number(2), 2, "changed"},
        three{message_number(3), 2, ""};
    EXPECT_EQ(taken({one, two, three}), "0 findings");
    const auto where = "the search index: chat id " + std::to_string(id(1).value()) + " message ";
    EXPECT_EQ(taken({{message_number(1), 1, "another"}, two, three}), where + "1: text differs");
    EXPECT_EQ(taken({one, {message_number(2), 1, "a text"}, three}), where + "2: version differs");
    EXPECT_EQ(taken({one, two, {message_number(3), 2, "a text"}}), where + "3: is deleted, but has text");
    EXPECT_EQ(taken({one, two, three, {message_number(4), 1, "x"}}), where + "4: is not in the ledger");
}

TEST_F(index_following, searches_like_a_scan_at_any_position) {
    std::mt19937_64 random(testing::seed());
    const auto upto = [&](std::uint64_t most) { return std::uniform_int_distribution<std::uint64_t>(1, most)(random); };
    const std::string letters[] = {"a", "B", "é", "E\u0301", "語", "ﬁ", " ", "%", "_", "\""};
    const auto text = [&](std::uint64_t longest) {
        std::string made = letters[upto(6) - 1];
        for (auto more = upto(longest); more > 1; --more) made += letters[upto(std::size(letters)) - 1];
        return made;
    };
    std::uint64_t count[3] = {}, after[] = {1, 40, 300};
    for (int round = 0; round < 60; ++round) {
        const auto chat = upto(2);
        std::vector<core::command> batch;
        for (auto more = upto(80); more > 0; --more, ++count[chat])
            batch.push_back(command(new_message(token, chat, text(upto(20) == 1 ? 2'000 : 30))));
        commit(batch);
        for (auto changes = upto(12); changes > 0; --changes) {
            const auto message = upto(count[chat]);
            const auto now =
                run(ledger->reader().find_message(token, core::chat_number(chat), core::message_number(message)))
                    .value();
            if (now.deleted_at) continue;
            if (upto(4) == 1)
                remove(chat, message);
            else
                change(chat, message, text(30));
        }
        if (upto(3) == 1) catch_up(after[upto(3) - 1]);
        if (upto(25) == 1) {
            ASSERT_TRUE(run(index->writer().clear()));
        }
        for (int i = 0; i < 8; ++i) expect_exact(chat, text(4), upto(count[chat] + 1));
    }
    for (const auto chat : {1U, 2U}) expect_exact(chat, "a", count[chat] + 1);
    catch_up(1);
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(index_following, searches_by_scanning_where_there_is_no_index) {
    say(1, 50);
    catch_up(1);
    damage_index("update blocks set entries = x'0163'");
    expect_exact(1, "text", 51);
    EXPECT_EQ(run(index->reader().find_position(id(1))).error(), error::unavailable);
    expect_exact(1, "text", 51);
}

}  // namespace
}  // namespace confab::search
