#include "drivers/sqlite/snapshot_pool.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "support/folder.hpp"

namespace confab::sqlite {
namespace {

struct session {
    explicit session(const std::string& database)
        : db(database, access::read_only), count(db.prepare("select count(*) from t")) {}

    connection db;
    statement count;
};

class pool_of_snapshots : public ::testing::Test {
protected:
    pool_of_snapshots() { writer.execute("pragma journal_mode = wal; pragma synchronous = off; create table t(i)"); }

    std::string file() const { return folder.path() / "a.db"; }

    void insert() { writer.execute("insert into t values(1)"); }

    std::int64_t count() {
        return sessions.read([](session& s) {
            const reset_guard until_done(s.count);
            s.count.row();
            return s.count.integer(0);
        });
    }

    bool is_wal_free() { return writer.checkpoint(connection::checkpoint_kind::truncate); }

    testing::temporary_folder folder;
    connection writer{file(), access::create};
    snapshot_registry all;
    snapshot_pool<session> sessions{file(), all};
};

TEST_F(pool_of_snapshots, keeps_one_until_a_commit_is_counted) {
    EXPECT_EQ(count(), 0);
    insert();
    EXPECT_EQ(count(), 0);
    all.committed();
    EXPECT_EQ(count(), 1);
}

TEST_F(pool_of_snapshots, keeps_none_after_a_release) {
    count();
    insert();
    EXPECT_FALSE(is_wal_free());
    all.release_idle();
    EXPECT_TRUE(is_wal_free());
}

TEST_F(pool_of_snapshots, keeps_none_during_a_pause) {
    count();
    insert();
    const snapshot_registry::pause checkpointing(all);
    EXPECT_EQ(count(), 1);
    EXPECT_TRUE(is_wal_free());
}

TEST_F(pool_of_snapshots, keeps_none_of_a_read_that_a_commit_overtook) {
    sessions.read([&](session&) {
        insert();
        all.committed();
        return true;
    });
    EXPECT_TRUE(is_wal_free());
}

TEST_F(pool_of_snapshots, keeps_none_of_a_read_that_failed) {
    EXPECT_THROW(sessions.read([](session&) -> bool { throw std::runtime_error("failed"); }), std::runtime_error);
    insert();
    EXPECT_TRUE(is_wal_free());
    EXPECT_EQ(count(), 1);
}

}  // namespace
}  // namespace confab::sqlite
