// A failed background checkpoint is reported to the writer once and is retried.
#include <gtest/gtest.h>

#include "drivers/sqlite/checkpointer.hpp"
#include "support/fault_plan.hpp"
#include "support/folder.hpp"

namespace confab::testing {
namespace {

using step = sqlite::checkpointer::step;

TEST(failing_checkpoint, is_reported_once_and_started_again) {
    const temporary_folder folder;
    const std::string file = folder.path() / "confab.db";
    sqlite::connection db(file, sqlite::access::create);
    db.execute("pragma journal_mode = wal; create table t(i); insert into t values(randomblob(40000))");
    sqlite::checkpointer checkpoints(file, {.start_pages = 5, .restart_pages = 5});
    ASSERT_EQ(checkpoints.next(db.wal_pages()), step::start);
    fault_plan::instance().arm({{io_call::write, io_file::database}});
    checkpoints.start();
    checkpoints.wait_if_long();
    EXPECT_TRUE(fault_plan::instance().disarm()) << "nothing failed";
    EXPECT_THROW(checkpoints.next(db.wal_pages()), sqlite::failure);
    ASSERT_EQ(checkpoints.next(db.wal_pages()), step::start);
    checkpoints.start();
    checkpoints.wait_if_long();
    ASSERT_EQ(checkpoints.next(db.wal_pages()), step::finish);
    EXPECT_TRUE(checkpoints.finish(db));
}

}  // namespace
}  // namespace confab::testing
