// The search index is unavailable while its file cannot be created again, and available once the disk works again.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/thread_pool.hpp>

#include "ledger/sqlite/sqlite_ledger.hpp"
#include "ops/reindex.hpp"
#include "search/indexed/index_follower.hpp"
#include "search/sqlite/sqlite_index.hpp"
#include "support/commands.hpp"
#include "support/commit.hpp"
#include "support/fault_plan.hpp"
#include "support/folder.hpp"
#include "support/run.hpp"

namespace confab::testing {
namespace {

using search::indexed_text, core::position;

class failing_index : public ::testing::TestWithParam<io_fault> {
protected:
    ~failing_index() override { fault_plan::instance().disarm(); }

    void open() { index = search::open_sqlite_index({folder.path(), "this ledger", pool.get_executor()}); }
    static void break_disk() {
        auto fault = GetParam();
        fault.is_lasting = true;
        fault_plan::instance().arm(fault);
    }
    static void repair_disk() { EXPECT_TRUE(fault_plan::instance().disarm()) << "nothing failed"; }

    result<void> store() {
        const std::vector<indexed_text> texts{{core::message_number(1), 1, "text"}};
        return run(index->writer().store(chat, texts, {}, {1, 0}));
    }

    void expect_unavailable() {
        EXPECT_EQ(run(index->reader().find_position(chat)).error(), error::unavailable);
        EXPECT_EQ(run(index->reader().candidates(chat, core::folded_query("t"), core::message_number(2))).error(),
                  error::unavailable);
        EXPECT_EQ(run(index->writer().chats({})).error(), error::unavailable);
        EXPECT_EQ(store().error(), error::unavailable);
    }

    void expect_back() {
        EXPECT_TRUE(run(index->writer().maintain()));
        EXPECT_EQ(run(index->reader().find_position(chat)).value(), position());
        ASSERT_TRUE(store());
        EXPECT_EQ(run(index->reader().find_position(chat)).value(), (position{1, 0}));
        EXPECT_FALSE(run(index->writer().maintain()));
    }

    static constexpr core::chat_id chat{1};
    temporary_folder folder;
    asio::thread_pool pool{1};
    std::unique_ptr<search::sqlite_index> index;
};

TEST_P(failing_index, is_back_after_a_failed_clear) {
    open();
    ASSERT_TRUE(store());
    break_disk();
    EXPECT_EQ(run(index->writer().clear()).error(), error::unavailable);
    expect_unavailable();
    EXPECT_FALSE(run(index->writer().maintain()));
    expect_unavailable();
    repair_disk();
    expect_unavailable();
    expect_back();
}

TEST_P(failing_index, is_cleared_once_a_failed_clear_is_repeated) {
    open();
    ASSERT_TRUE(store());
    break_disk();
    EXPECT_EQ(run(index->writer().clear()).error(), error::unavailable);
    repair_disk();
    EXPECT_TRUE(run(index->writer().clear()));
    EXPECT_EQ(run(index->reader().find_position(chat)).value(), position());
    EXPECT_TRUE(store());
}

TEST_P(failing_index, is_made_later_when_it_could_not_be_at_the_opening) {
    break_disk();
    open();
    expect_unavailable();
    EXPECT_FALSE(run(index->writer().maintain()));
    repair_disk();
    expect_back();
}

TEST_P(failing_index, is_followed_again_after_a_failed_clear) {
    const auto ledger = ledger::sqlite::open_sqlite_ledger({folder.path(), pool.get_executor()});
    const auto token = core::app_token::make();
    core::state state;
    commit(ledger->writer(), {command(new_app(token, "an app")), command(core::create_chat{token})}, state);
    commit(ledger->writer(), {command(new_message(token, 1, "text")), command(new_message(token, 1, "text"))}, state);
    open();
    search::index_follower follower(ledger->reader(), index->reader(), index->writer(), {1, {}}, pool.get_executor());
    ASSERT_TRUE(run(follower.catch_up()));
    ASSERT_TRUE(run(index->writer().store(chat, {}, {2, 0}, {2, 7})));  // ahead of the ledger
    break_disk();
    EXPECT_EQ(run(follower.begin()).error(), error::unavailable);
    EXPECT_EQ(run(ops::reindex(follower, index->writer())).error(), error::unavailable);
    EXPECT_EQ(run(follower.catch_up()).error(), error::unavailable);
    repair_disk();
    EXPECT_TRUE(run(index->writer().maintain()));
    ASSERT_TRUE(run(follower.catch_up()));
    EXPECT_EQ(run(index->reader().find_position(chat)).value(), (position{2, 0}));
    EXPECT_EQ(run(ops::reindex(follower, index->writer())).value().messages, 2U);
}

INSTANTIATE_TEST_SUITE_P(on, failing_index,
                         ::testing::Values(io_fault{{io_call::write, io_file::index_wal}, io_error::enospc},
                                           io_fault{{io_call::write, io_file::index}, io_error::enospc},
                                           io_fault{{io_call::write, io_file::index}, io_error::eio},
                                           io_fault{{io_call::open, io_file::index}, io_error::eio},
                                           io_fault{{io_call::open, io_file::index_wal}, io_error::eio}),
                         [](const auto& tested) {
                             auto name =
                                 to_string(tested.param.site) + '_' + std::string(to_string(tested.param.error));
                             std::ranges::replace(name, ' ', '_');
                             return name;
                         });

}  // namespace
}  // namespace confab::testing
