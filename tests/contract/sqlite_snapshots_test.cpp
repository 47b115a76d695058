// Snapshots that outlive their read: each read sees all commits, and a snapshot blocks nothing.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <fstream>
#include <memory>
#include <mutex>
#include <thread>

#include "core/decide.hpp"
#include "drivers/sqlite/snapshot_pool.hpp"
#include "drivers/sqlite/sqlite.hpp"
#include "ledger/sqlite/data_folder.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "support/commands.hpp"
#include "support/commit.hpp"
#include "support/folder.hpp"
#include "support/run.hpp"

namespace confab::ledger::sqlite {
namespace {

using namespace std::chrono_literals;
using testing::command, testing::run;

class kept_snapshots : public ::testing::Test {
protected:
    kept_snapshots() { commit({command(testing::new_app(token, "a")), command(core::create_chat{token})}); }

    void commit(const std::vector<core::command>& batch) { testing::commit(opened->writer(), batch, state); }

    void say(std::size_t count, std::size_t bytes = 1) {
        const std::string text(bytes, 'x');
        commit(std::vector(count, command(testing::new_message(token, 1, text))));
    }

    // The count of all messages, read on a loop of its own.
    std::uint64_t count() {
        auto& loop = loop_of_this_thread();
        auto found = asio::co_spawn(loop, opened->reader().find_chat(token, core::chat_number(1)), asio::use_future);
        loop.restart();
        loop.run();
        return found.get().value().messages_count;
    }

    // Destroyed last: a thread that resumed a coroutine on it may still use it.
    static asio::io_context& loop_of_this_thread() {
        static std::mutex mutex;
        static std::vector<std::shared_ptr<asio::io_context>> all;
        thread_local const auto mine = [] {
            const std::lock_guard lock(mutex);
            return all.emplace_back(std::make_shared<asio::io_context>());
        }();
        return *mine;
    }

    // Sessions of other threads keep their snapshots and are not used again.
    void leave_idle_sessions() {
        for (int i = 0; i < 3; ++i) std::thread([this] { count(); }).join();
    }

    // The number of restarts of the WAL.
    std::uint32_t generation() const {
        std::ifstream wal(file() + "-wal", std::ios::binary);
        unsigned char header[16] = {};
        wal.read(reinterpret_cast<char*>(header), sizeof header);
        return static_cast<std::uint32_t>(header[12]) << 24 | static_cast<std::uint32_t>(header[13]) << 16 |
               static_cast<std::uint32_t>(header[14]) << 8 | header[15];
    }

    // Makes small commits until the WAL is checkpointed and restarted: too small for a second checkpoint.
    bool restarts() {
        const auto before = generation();
        for (int i = 0; i < 1000; ++i) {
            run(opened->writer().maintain(now()));
            say(1);
            if (generation() != before) return true;
            std::this_thread::sleep_for(10ms);
        }
        return false;
    }

    std::string file() const { return data_folder::database_in(folder.path()); }

    static constexpr std::size_t content_bytes_max = 64 * 1024;

    testing::temporary_folder folder;
    asio::thread_pool pool{1};
    std::unique_ptr<sqlite_ledger> opened = open_sqlite_ledger({folder.path(), pool.get_executor()});
    const core::app_token token = core::app_token::make();
    core::state state;
};

TEST_F(kept_snapshots, show_what_was_committed_to_the_next_read_of_every_thread) {
    std::atomic<std::uint64_t> acknowledged = 0, reads = 0, missed = 0;
    std::atomic<bool> is_over = false;
    std::vector<std::thread> readers;
    for (int i = 0; i < 4; ++i)
        readers.emplace_back([&] {
            while (!is_over) {
                const std::uint64_t at_least = acknowledged;
                missed += count() < at_least;
                reads += 1;
            }
        });
    for (std::uint64_t number = 1; number <= 300; ++number) {
        say(1);
        acknowledged = number;
        missed += count() != number;
    }
    is_over = true;
    for (auto& r : readers) r.join();
    EXPECT_EQ(missed, 0U) << "of " << reads;
    EXPECT_GT(reads, 0U);
}

TEST_F(kept_snapshots, of_idle_sessions_let_the_wal_restart) {
    say(1);
    leave_idle_sessions();
    say(500, content_bytes_max);  // long enough for a checkpoint
    leave_idle_sessions();
    EXPECT_TRUE(restarts());
}

TEST_F(kept_snapshots, of_idle_sessions_let_a_long_wal_restart) {
    say(500, content_bytes_max);
    leave_idle_sessions();
    run(opened->writer().maintain(now()));
    leave_idle_sessions();
    say(500, content_bytes_max);  // so long that the writer waits for readers
    leave_idle_sessions();
    EXPECT_TRUE(restarts());
}

TEST_F(kept_snapshots, are_released_when_nobody_asks) {
    say(1);
    leave_idle_sessions();
    confab::sqlite::connection other(file(), confab::sqlite::access::read_write);
    other.execute("pragma schema_version");  // it opens the WAL with its first read
    EXPECT_FALSE(other.checkpoint(confab::sqlite::connection::checkpoint_kind::truncate));
    other.wait_for_locks(60'000);
    EXPECT_TRUE(other.checkpoint(confab::sqlite::connection::checkpoint_kind::truncate));
}

// SQLite does this, too, when a read fails with an I/O error.
TEST_F(kept_snapshots, that_were_rolled_back_are_begun_again) {
    confab::sqlite::snapshot_registry all;
    confab::sqlite::connection db(file(), confab::sqlite::access::read_only);
    confab::sqlite::kept_snapshot snapshot(db);
    snapshot.refresh(all);
    EXPECT_TRUE(db.in_transaction());
    db.execute("rollback");
    EXPECT_FALSE(snapshot.is_open());
    snapshot.refresh(all);
    EXPECT_TRUE(db.in_transaction());
    db.execute("rollback");
    snapshot.release();
    EXPECT_FALSE(snapshot.is_open());
    snapshot.refresh(all);
    EXPECT_TRUE(snapshot.is_open());
    snapshot.release();
    EXPECT_FALSE(db.in_transaction());
}

TEST_F(kept_snapshots, that_cannot_begin_leave_nothing_behind) {
    confab::sqlite::snapshot_registry all;
    confab::sqlite::connection db(file(), confab::sqlite::access::read_only);
    confab::sqlite::kept_snapshot snapshot(db);
    db.execute("begin");
    EXPECT_THROW(snapshot.refresh(all), confab::sqlite::failure);
    EXPECT_FALSE(snapshot.is_open());
    db.execute("rollback");
    snapshot.refresh(all);
    EXPECT_TRUE(snapshot.is_open());
}

TEST(snapshot_registry, keeps_snapshots_until_a_commit_and_not_during_a_pause) {
    confab::sqlite::snapshot_registry all;
    const auto before = all.commits();
    EXPECT_TRUE(all.may_keep(before));
    all.committed();
    EXPECT_FALSE(all.may_keep(before));
    const auto after = all.commits();
    EXPECT_TRUE(all.may_keep(after));
    {
        const confab::sqlite::snapshot_registry::pause checkpointing(all);
        EXPECT_FALSE(all.may_keep(after));
    }
    EXPECT_FALSE(all.may_keep(after));  // it may block the WAL
    EXPECT_TRUE(all.may_keep(all.commits()));
}

}  // namespace
}  // namespace confab::ledger::sqlite
