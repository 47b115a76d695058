#include "drivers/sqlite/sqlite.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include "support/folder.hpp"

namespace confab::sqlite {
namespace {

class sqlite_driver : public ::testing::Test {
protected:
    std::string file() const { return folder.path() / "a.db"; }

    testing::temporary_folder folder;
    connection db{file(), access::create};
};

std::int64_t count(connection& db) {
    auto counted = db.prepare("select count(*) from t");
    counted.row();
    return counted.integer(0);
}

TEST_F(sqlite_driver, keeps_every_kind_of_value) {
    db.execute("create table t(i, s, b, n)");
    const std::byte bytes[] = {std::byte{0}, std::byte{255}};
    const std::optional<std::string_view> nothing;
    db.prepare("insert into t values(?, ?, ?, ?)")
        .bind(std::int64_t{-5}, std::string_view("a\0b", 3), blob(bytes), nothing)
        .run();
    auto read = db.prepare("select * from t");
    ASSERT_TRUE(read.row());
    EXPECT_EQ(read.integer(0), -5);
    EXPECT_EQ(read.text(1), std::string_view("a\0b", 3));
    EXPECT_EQ(read.bytes(2).size(), 2U);
    EXPECT_TRUE(read.is_null(3));
    EXPECT_EQ(read.optional_text(3), std::nullopt);
    EXPECT_FALSE(read.row());
}

TEST_F(sqlite_driver, rolls_back_what_was_not_committed) {
    db.execute("create table t(i)");
    {
        transaction t(db, transaction::kind::write);
        db.execute("insert into t values(1)");
    }
    EXPECT_EQ(count(db), 0);
    transaction t(db, transaction::kind::write);
    db.execute("insert into t values(1)");
    t.commit();
    EXPECT_EQ(count(db), 1);
}

TEST_F(sqlite_driver, statement_can_be_used_again_after_it_failed) {
    db.execute("create table t(i unique)");
    auto insert = db.prepare("insert into t values(?)");
    insert.bind(std::int64_t{1}).run();
    EXPECT_THROW(insert.bind(std::int64_t{1}).run(), failure);
    insert.bind(std::int64_t{2}).run();
    EXPECT_EQ(count(db), 2);
}

TEST_F(sqlite_driver, log_grows_with_commits_and_starts_over_after_a_checkpoint) {
    db.execute("pragma journal_mode = wal; create table t(i)");
    for (int i = 0; i < 100; ++i) db.execute("insert into t values(randomblob(4000))");
    const int grown = db.wal_pages();
    EXPECT_GT(grown, 100);
    db.checkpoint(connection::checkpoint_kind::restart);
    db.execute("insert into t values(1)");
    EXPECT_LT(db.wal_pages(), 10);
}

TEST_F(sqlite_driver, checkpoint_beside_a_reader_is_no_failure) {
    db.execute("pragma journal_mode = wal; create table t(i); insert into t values(1)");
    connection other(file(), access::read_only);
    const transaction reading(other, transaction::kind::read);
    EXPECT_EQ(count(other), 1);
    db.execute("insert into t values(2)");
    EXPECT_NO_THROW(db.checkpoint(connection::checkpoint_kind::restart));
    EXPECT_EQ(count(other), 1);
    EXPECT_EQ(count(db), 2);
}

// SQLite would ignore it, and the next commit would sync less than its caller asked for.
TEST_F(sqlite_driver, changes_no_sync_level_within_a_transaction) {
    db.set_sync_level(sync_level::normal);
    const transaction open(db, transaction::kind::write);
    EXPECT_EXIT(db.set_sync_level(sync_level::full), ::testing::KilledBySignal(SIGABRT), "");
}

}  // namespace
}  // namespace confab::sqlite
