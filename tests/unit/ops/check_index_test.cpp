// A check reads each row of the ledger at most twice, in slices of bounded size, however long the messages are.
#include "ops/check_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/thread_pool.hpp>

#include "drivers/sqlite/sqlite.hpp"
#include "ledger/sqlite/data_folder.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "search/indexed/index_follower.hpp"
#include "search/sqlite/sqlite_index.hpp"
#include "support/commands.hpp"
#include "support/commit.hpp"
#include "support/folder.hpp"
#include "support/run.hpp"

namespace confab::ops {
namespace {

using testing::command, testing::commit, testing::run;

constexpr std::size_t text_bytes = 16'000;  // each is a block of its own in the index
constexpr std::uint64_t messages = 60, edits = 40;

// Forwards all calls, and counts the returned rows.
class counting_auditor final : public ledger::auditor {
public:
    explicit counting_auditor(ledger::auditor& of) : of_(of) {}

    awaitable<result<void>> refresh() override { return of_.refresh(); }
    awaitable<result<std::vector<std::string>>> engine_findings() override { return of_.engine_findings(); }
    awaitable<result<std::vector<app_row>>> apps(core::app_id after, std::size_t rows_max) override {
        return of_.apps(after, rows_max);
    }
    awaitable<result<std::vector<chat_row>>> chats(core::app_id app, core::chat_number after,
                                                   std::size_t rows_max) override {
        return of_.chats(app, after, rows_max);
    }
    awaitable<result<std::vector<message_row>>> messages(core::chat_id chat, core::message_number after) override {
        auto rows = co_await of_.messages(chat, after);
        if (rows) messages_read += rows->size();
        co_return rows;
    }
    awaitable<result<std::vector<change_row>>> changes(core::chat_id chat, std::uint64_t after_seq) override {
        auto rows = co_await of_.changes(chat, after_seq);
        if (rows) changes_read += rows->size();
        co_return rows;
    }
    awaitable<result<std::vector<ledger::text>>> texts(core::chat_id chat, ledger::window w) override {
        auto rows = co_await of_.texts(chat, w);
        if (!rows) co_return rows;
        texts_read += rows->size();
        std::size_t bytes = 0;
        for (const auto& t : *rows) bytes += t.content ? t.content->size() : 0;
        largest_slice = std::max(largest_slice, bytes);
        co_return rows;
    }
    awaitable<result<std::uint64_t>> counted_rows() override { return of_.counted_rows(); }
    awaitable<result<std::uint64_t>> orphans() override { return of_.orphans(); }

    std::uint64_t messages_read = 0, changes_read = 0, texts_read = 0;
    std::size_t largest_slice = 0;

private:
    ledger::auditor& of_;
};

// A ledger with a chat of long messages. All are indexed; then the first ones are edited.
class check_of_long_messages : public ::testing::Test {
protected:
    check_of_long_messages() {
        const auto token = core::app_token::make();
        const std::string text(text_bytes, 'x');
        core::state s;
        commit(ledger->writer(), {command(testing::new_app(token, "a")), command(core::create_chat{token})}, s);
        std::vector<core::command> said, edited;
        for (std::uint64_t i = 0; i < messages; ++i) said.push_back(command(testing::new_message(token, 1, text)));
        commit(ledger->writer(), said, s);
        catch_up();
        for (std::uint64_t i = 1; i <= edits; ++i) edited.push_back(command(testing::edit(token, 1, i, "edited")));
        commit(ledger->writer(), edited, s);
        EXPECT_TRUE(run(ledger->reader().find_chat(token, core::chat_number(1))));  // a read forces a commit
    }

    void catch_up() {
        search::index_follower follower(ledger->reader(), index->reader(), index->writer(),
                                        {1, std::chrono::milliseconds(1)}, pool.get_executor());
        ASSERT_TRUE(run(follower.catch_up()));
    }

    testing::temporary_folder folder;
    asio::thread_pool pool{1};
    std::unique_ptr<ledger::sqlite::sqlite_ledger> ledger =
        ledger::sqlite::open_sqlite_ledger({folder.path(), pool.get_executor()});
    std::unique_ptr<search::sqlite_index> index =
        search::open_sqlite_index({folder.path(), ledger->identity(), pool.get_executor()});
};

TEST_F(check_of_long_messages, reads_each_row_at_most_twice_in_slices) {
    const auto auditor = ledger::sqlite::open_sqlite_auditor(folder.path());
    const auto index_auditor = search::open_sqlite_index_auditor(folder.path(), ledger->identity());
    counting_auditor counted(*auditor);
    const auto report = run(check_index(counted, *index_auditor, run(check(counted)).value())).value();
    EXPECT_EQ(report.findings, std::vector<std::string>());
    EXPECT_EQ(report.messages, messages);
    EXPECT_EQ(report.changes, edits);
    EXPECT_EQ(report.indexed, messages);
    EXPECT_LE(counted.messages_read + counted.texts_read, 2 * messages);
    EXPECT_LE(counted.changes_read, 2 * edits);
    EXPECT_LE(counted.largest_slice, ledger::slice_bytes_max + text_bytes);
}

TEST_F(check_of_long_messages, reports_its_progress) {
    const auto auditor = ledger::sqlite::open_sqlite_auditor(folder.path());
    const auto index_auditor = search::open_sqlite_index_auditor(folder.path(), ledger->identity());
    std::vector<std::string> lines;
    progress::clock::time_point at{};
    const progress shown({.every = std::chrono::seconds(1),
                          .now = [&] { return at += std::chrono::seconds(1); },
                          .print = [&](const std::string& line) { lines.push_back(line); }});
    const auto report = run(check_index(*auditor, *index_auditor, run(check(*auditor, shown)).value(), shown));
    ASSERT_TRUE(report);
    ASSERT_EQ(lines.size(), 2 + messages);
    EXPECT_EQ(lines[0], "messages and changes: 60 of 100, 60/s, about 1 s left");
    EXPECT_EQ(lines[1], "messages and changes: 100 of 100, 50/s, about 0 s left");
    EXPECT_EQ(lines.back(), "messages in the search index: 60 of 60, 1/s, about 0 s left");
}

// The index is ahead of the ledger, which lost its last change.
TEST_F(check_of_long_messages, finds_a_change_that_only_the_index_knows) {
    catch_up();
    {
        sqlite::connection db(ledger::sqlite::data_folder::database_in(folder.path()), sqlite::access::read_write);
        db.execute("delete from changes where id & 0xffffffff = 40");
    }
    const auto auditor = ledger::sqlite::open_sqlite_auditor(folder.path());
    const auto index_auditor = search::open_sqlite_index_auditor(folder.path(), ledger->identity());
    const auto report = run(check_index(*auditor, *index_auditor, {})).value();
    EXPECT_EQ(report.findings, std::vector<std::string>{"the search index: chat id 1: change 40 is not in the ledger"});
}

}  // namespace
}  // namespace confab::ops
