// A ledger on the fault shims and a model of the acknowledged effects. Tests run each step of the batch writer
// separately.
#pragma once

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

// Each fault is armed for one step only.
struct step_faults {
    std::optional<io_fault> in_load = std::nullopt;
    std::optional<io_fault> in_apply = std::nullopt;
};

class faulty_ledger : public ::testing::Test {
protected:
    void open() { ledger = ledger::sqlite::open_sqlite_ledger({folder.path(), pool.get_executor()}); }

    // Returns whether the batch was acknowledged.
    bool commit(const std::vector<core::command>& batch, const step_faults& armed = {}) {
        std::vector<const core::command*> commands;
        for (const auto& c : batch) commands.push_back(&c);
        const auto loaded = with(armed.in_load, [&] { return run(ledger->writer().load(commands, state)); });
        core::batch_effects effects;
        if (loaded) {
            for (const auto* c : commands) EXPECT_TRUE(core::decide(state, *c, now(), {}, effects));
        }
        if (!loaded || !with(armed.in_apply, [&] { return run(ledger->writer().apply(effects)); })) {
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
        const auto auditor = ledger::sqlite::open_sqlite_auditor(folder.path());
        for (const auto& finding : run(ops::check(*auditor)).value().findings) ADD_FAILURE() << finding;
    }

    static std::uint64_t calls(io_site site) { return fault_plan::instance().counts()[site]; }

    temporary_folder folder;
    asio::thread_pool pool{1};
    std::unique_ptr<ledger::sqlite::sqlite_ledger> ledger;
    core::state state;
    core::app_token token = core::app_token::make();
    ledger_model model;
    int failed = 0;  // number of steps in which a call failed

private:
    template <class Step>
    result<void> with(const std::optional<io_fault>& fault, Step step) {
        if (fault) fault_plan::instance().arm(*fault);
        const auto done = step();
        if (fault && fault_plan::instance().disarm()) ++failed;
        return done;
    }
};

}  // namespace confab::testing
