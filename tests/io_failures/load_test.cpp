// SQLite rolls back the whole transaction on an I/O error, also while it reads and only makes room for what it reads. The
// writer reads within the transaction that stays open across batches.
#include <gtest/gtest.h>

#include <boost/asio/thread_pool.hpp>

#include "core/decide.hpp"
#include "io_failures/ledger_model.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "ops/check.hpp"
#include "support/commands.hpp"
#include "support/fault_plan.hpp"
#include "support/folder.hpp"
#include "support/run.hpp"

namespace confab::testing {
namespace {

class failing_load : public ::testing::TestWithParam<io_error> {
protected:
    void open() { ledger = ledger::open_sqlite_ledger({folder.path(), pool.get_executor()}); }

    // Whether the batch was acknowledged. `fault`: armed while the ledger loads.
    bool commit(const std::vector<core::command>& batch, const std::optional<io_fault>& fault = std::nullopt) {
        std::vector<const core::command*> commands;
        for (const auto& c : batch) commands.push_back(&c);
        if (fault) fault_plan::instance().arm(*fault);
        const auto loaded = run(ledger->writer().load(commands, state));
        failed += fault_plan::instance().disarm() ? 1 : 0;
        std::vector<core::effect> effects;
        if (loaded) {
            for (const auto* c : commands) EXPECT_TRUE(core::decide(state, *c, now(), {}, effects));
        }
        if (!loaded || !run(ledger->writer().apply(effects))) {
            state.clear();
            return false;
        }
        state.end_batch(1000);
        for (const auto& finding : model.apply(effects)) ADD_FAILURE() << finding;
        return true;
    }

    void expect_all_acknowledged() {
        const auto found = model.compare(ledger->reader());
        ASSERT_TRUE(found.has_value());
        for (const auto& finding : *found) ADD_FAILURE() << finding;
    }

    void expect_sound() {
        const auto auditor = ledger::open_sqlite_auditor(folder.path());
        for (const auto& finding : run(ops::check(*auditor)).value().findings) ADD_FAILURE() << finding;
    }

    temporary_folder folder;
    asio::thread_pool pool{1};
    std::unique_ptr<ledger::sqlite_ledger> ledger;
    core::state state;
    core::app_token token = core::app_token::make();
    ledger_model model;
    int failed = 0;
};

TEST_P(failing_load, loses_nothing_that_was_acknowledged) {
    constexpr std::uint64_t old_messages = 50;
    open();
    ASSERT_TRUE(commit({command(new_app(token, "an app")), command(core::create_chat{token}), command(core::create_chat{token})}));
    std::vector<core::command> old;
    for (std::uint64_t i = 0; i < old_messages; ++i) old.push_back(command(new_message(token, 1, std::string(20'000, 'o'))));
    ASSERT_TRUE(commit(old));
    for (std::uint64_t round = 0; round < old_messages / 5; ++round) {
        std::vector<core::command> edits;
        for (std::uint64_t i = 1; i <= 5; ++i) edits.push_back(command(edit(token, 1, round * 5 + i, "new")));
        commit(edits, io_fault{{io_call::write, io_file::database_wal}, GetParam()});
        EXPECT_TRUE(commit({command(new_message(token, 2, "acknowledged"))}));
    }
    EXPECT_GT(failed, 0) << "no load had to spill a page";
    expect_all_acknowledged();
    ledger.reset();
    expect_sound();
    open();
    expect_all_acknowledged();
}

std::string name_of(const ::testing::TestParamInfo<io_error>& tested) {
    constexpr const char* names[] = {"eio", "enospc", "short_write"};
    return names[static_cast<std::size_t>(tested.param)];
}

INSTANTIATE_TEST_SUITE_P(with, failing_load, ::testing::Values(io_error::eio, io_error::enospc, io_error::short_write),
                         name_of);

}  // namespace
}  // namespace confab::testing
