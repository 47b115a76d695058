#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "drivers/sqlite/checkpointer.hpp"
#include "support/folder.hpp"

namespace confab::sqlite {
namespace {

using step = checkpointer::step;

constexpr checkpoint_limits limits{.start_pages = 10, .restart_pages = 30};

class background_checkpoint : public ::testing::Test {
protected:
    background_checkpoint() { db.execute("pragma journal_mode = wal; create table t(i)"); }

    std::string file() const { return folder.path() / "a.db"; }

    // Each is about a page long.
    void commit(int rows) {
        for (int i = 0; i < rows; ++i) db.execute("insert into t values(randomblob(4000))");
    }

    step next_after_end() {
        auto next = checkpoints.next(db.wal_pages());
        for (; next == step::none; next = checkpoints.next(db.wal_pages()))
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return next;
    }

    testing::temporary_folder folder;
    connection db{file(), access::create};
    checkpointer checkpoints{file(), limits};
};

TEST_F(background_checkpoint, is_not_started_for_a_short_wal) {
    commit(1);
    EXPECT_EQ(checkpoints.next(db.wal_pages()), step::none);
}

TEST_F(background_checkpoint, is_finished_by_the_writer_and_the_wal_restarts) {
    commit(20);
    ASSERT_EQ(checkpoints.next(db.wal_pages()), step::start);
    checkpoints.start();
    commit(2);
    ASSERT_EQ(next_after_end(), step::finish);
    EXPECT_TRUE(checkpoints.finish(db));
    EXPECT_EQ(checkpoints.next(db.wal_pages()), step::none);
    commit(1);
    EXPECT_LT(db.wal_pages(), 10);
}

TEST_F(background_checkpoint, of_a_long_wal_is_waited_for) {
    commit(100);
    ASSERT_EQ(checkpoints.next(db.wal_pages()), step::start);
    checkpoints.start();
    checkpoints.wait_if_long();
    EXPECT_EQ(checkpoints.next(db.wal_pages()), step::finish);
}

TEST_F(background_checkpoint, that_was_not_finished_is_started_again) {
    commit(20);
    ASSERT_EQ(checkpoints.next(db.wal_pages()), step::start);
    checkpoints.start();
    ASSERT_EQ(next_after_end(), step::finish);
    EXPECT_EQ(checkpoints.next(db.wal_pages()), step::start);
}

TEST_F(background_checkpoint, beside_a_reader_leaves_pages_and_waits_until_the_wal_has_grown) {
    connection other(file(), access::read_only);
    const transaction snapshot(other, transaction::kind::read);
    other.execute("select * from t");
    commit(20);
    ASSERT_EQ(checkpoints.next(db.wal_pages()), step::start);
    checkpoints.start();
    ASSERT_EQ(next_after_end(), step::finish);
    EXPECT_FALSE(checkpoints.finish(db));
    EXPECT_EQ(checkpoints.next(db.wal_pages()), step::none);
    commit(12);
    EXPECT_EQ(checkpoints.next(db.wal_pages()), step::start);
}

TEST_F(background_checkpoint, that_runs_is_ended_with_the_checkpointer) {
    commit(100);
    ASSERT_EQ(checkpoints.next(db.wal_pages()), step::start);
    checkpoints.start();
}

}  // namespace
}  // namespace confab::sqlite
