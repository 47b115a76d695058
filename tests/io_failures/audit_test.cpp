// The auditor's snapshot. SQLite rolls it back when a read fails with an I/O error.
#include <gtest/gtest.h>

#include <boost/asio/thread_pool.hpp>

#include "ledger/sqlite/sqlite_ledger.hpp"
#include "support/commands.hpp"
#include "support/commit.hpp"
#include "support/fault_plan.hpp"
#include "support/folder.hpp"

namespace confab::testing {
namespace {

class failing_audit : public ::testing::Test {
protected:
    failing_audit() {
        const auto opened = ledger::sqlite::open_sqlite_ledger({folder.path(), pool.get_executor()});
        core::state state;
        for (int i = 0; i < 200; ++i) {
            const auto token = core::app_token::make();
            commit(opened->writer(),
                   {command(new_app(token, std::string(100, 'a'))), command(core::create_chat{token})}, state);
        }
    }
    ~failing_audit() override { fault_plan::instance().disarm(); }

    static void fail(io_call call, io_file file) { fault_plan::instance().arm({{call, file}, io_error::eio, 1, true}); }

    std::size_t apps() {
        const auto found = run(auditor->apps({}, 1000));
        return found ? found->size() : 0;
    }

    temporary_folder folder;
    asio::thread_pool pool{1};
    std::unique_ptr<ledger::auditor> auditor;
};

TEST_F(failing_audit, reads_nothing_after_a_failed_read_until_it_is_refreshed) {
    auditor = ledger::sqlite::open_sqlite_auditor(folder.path());
    ASSERT_TRUE(run(auditor->refresh()));
    ASSERT_EQ(run(auditor->chats(core::app_id(1), {}, 10)).value().size(), 1U);
    fail(io_call::read, io_file::database);
    EXPECT_EQ(run(auditor->apps({}, 1000)).error(), error::unavailable);
    ASSERT_TRUE(fault_plan::instance().disarm());

    EXPECT_EQ(run(auditor->chats(core::app_id(1), {}, 10)).error(), error::unavailable);
    EXPECT_EQ(run(auditor->engine_findings()).error(), error::unavailable);
    EXPECT_EQ(run(auditor->orphans()).error(), error::unavailable);
    ASSERT_TRUE(run(auditor->refresh()));
    EXPECT_EQ(apps(), 200U);
    EXPECT_EQ(run(auditor->engine_findings()).value(), std::vector<std::string>());
}

TEST_F(failing_audit, fails_without_an_exception_wherever_memory_ends) {
    for (std::uint64_t nth = 1;; ++nth) {
        auditor = ledger::sqlite::open_sqlite_auditor(folder.path());
        ASSERT_TRUE(run(auditor->refresh()));
        fault_plan::instance().arm({{io_call::allocate, io_file::memory}, io_error::eio, nth, true});
        const auto counted = run(auditor->orphans());
        const bool has_failed = fault_plan::instance().disarm();
        if (counted) {
            EXPECT_EQ(*counted, 0U);
        } else {
            EXPECT_EQ(counted.error(), error::unavailable) << nth;
        }
        if (!has_failed) break;
        ASSERT_TRUE(run(auditor->refresh()));
        EXPECT_EQ(run(auditor->orphans()).value(), 0U);
    }
}

}  // namespace
}  // namespace confab::testing
