// The reader of the index follower and the live feed: it waits for commits, and forces none.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "ledger/sqlite/sqlite_ledger.hpp"
#include "support/commands.hpp"
#include "support/commit.hpp"
#include "support/file_size_limit.hpp"
#include "support/folder.hpp"
#include "support/run.hpp"

namespace confab::testing {
namespace {

using namespace std::chrono_literals;

class sqlite_waiting_reader : public ::testing::Test {
protected:
    sqlite_waiting_reader() {
        commit({command(testing::new_app(token, "an app")), command(core::create_chat{token})});
        chat = run(opened->reader().find_chat(token, core::chat_number(1))).value().id;
    }

    void commit(const std::vector<core::command>& batch) { testing::commit(opened->writer(), batch, state); }

    // The database cannot take these pages, but the journal can.
    void commit_long_messages() { commit(std::vector(3, command(new_message(token, 1, std::string(60'000, 'x'))))); }

    // The count of all messages.
    awaitable<result<std::uint64_t>> read() {
        const std::vector<core::chat_id> chats{chat};
        const std::vector<core::app_id> apps;
        const auto found = co_await reader->read_heads(chats, apps);
        if (!found) co_return found.error();
        co_return found->chats.at(0).position.messages;
    }

    std::uint64_t count() { return run(read()).value(); }

    temporary_folder folder;
    asio::thread_pool pool{1};
    asio::io_context stands_still;  // the pool of the waiting reader: it runs nothing
    std::unique_ptr<ledger::sqlite::sqlite_ledger> opened =
        ledger::sqlite::open_sqlite_ledger({folder.path(), pool.get_executor()});
    std::unique_ptr<ledger::readers> reader = opened->reader_on(stands_still.get_executor());
    const core::app_token token = core::app_token::make();
    core::chat_id chat;
    core::state state;
};

TEST_F(sqlite_waiting_reader, reads_acknowledged_writes_without_a_thread) {
    for (std::uint64_t i = 1; i <= 3; ++i) {
        commit({command(new_message(token, 1, "a message"))});
        EXPECT_EQ(count(), i);
    }
    commit({command(edit(token, 1, 2, "changed"))});
    const auto changed = run(reader->changed_messages(chat, {.last = 1})).value();
    ASSERT_EQ(changed.size(), 1U);
    EXPECT_EQ(changed[0].message.content, "changed");
    EXPECT_EQ(stands_still.poll(), 0U);
}

TEST_F(sqlite_waiting_reader, returns_rows_that_are_applied_and_waits_only_for_the_next) {
    commit({command(new_message(token, 1, "applied"))});
    EXPECT_EQ(count(), 1U);
    commit({command(new_message(token, 1, "perhaps not"))});
    const auto first = run(reader->messages(chat, {.last = 2, .rows_max = 1})).value();
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].content, "applied");
    const auto next = run(reader->messages(chat, {.after = 1, .last = 2})).value();
    ASSERT_EQ(next.size(), 1U);
    EXPECT_EQ(next[0].content, "perhaps not");
    EXPECT_EQ(stands_still.poll(), 0U);
}

TEST_F(sqlite_waiting_reader, lets_thousands_wait_for_the_same_commit) {
    asio::io_context loop;
    commit({command(new_message(token, 1, "a message"))});
    std::vector<std::future<result<std::uint64_t>>> reads;
    for (int i = 0; i < 3'000; ++i) reads.push_back(asio::co_spawn(loop, read(), asio::use_future));
    loop.run();
    for (auto& r : reads) ASSERT_EQ(r.get().value(), 1U);
    EXPECT_EQ(stands_still.poll(), 0U);
}

TEST_F(sqlite_waiting_reader, reads_nothing_while_the_database_cannot_commit) {
    {
        const file_size_limit limit(200'000);
        commit_long_messages();
        EXPECT_EQ(run(read()).error(), error::unavailable);
    }
    EXPECT_EQ(count(), 3U);
}

TEST_F(sqlite_waiting_reader, ends_its_waits_when_reads_are_closed) {
    const file_size_limit limit(200'000);
    commit_long_messages();
    asio::io_context loop;
    auto waiting = asio::co_spawn(loop, read(), asio::use_future);
    loop.poll();
    EXPECT_EQ(waiting.wait_for(0s), std::future_status::timeout);
    opened->close_reads();
    loop.poll();
    ASSERT_EQ(waiting.wait_for(0s), std::future_status::ready);
    EXPECT_EQ(waiting.get().error(), error::shutting_down);
    EXPECT_EQ(run(read()).error(), error::shutting_down);
}

TEST_F(sqlite_waiting_reader, may_end_with_the_loop_of_a_waiting_read) {
    auto loop = std::make_unique<asio::io_context>();
    commit({command(new_message(token, 1, "a message"))});
    const auto waiting = asio::co_spawn(*loop, read(), asio::use_future);
    loop->poll();
    loop.reset();
    EXPECT_EQ(waiting.wait_for(0s), std::future_status::ready);
    EXPECT_EQ(count(), 1U);
}

}  // namespace
}  // namespace confab::testing
