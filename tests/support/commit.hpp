// Commits a batch as the batch writer does. Asserts that each of its commands succeeds.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "core/decide.hpp"
#include "ledger/writer.hpp"
#include "support/run.hpp"

namespace confab::testing {

inline void commit(ledger::writer& to, const std::vector<core::command>& batch, core::state& s) {
    std::vector<const core::command*> commands;
    for (const auto& c : batch) commands.push_back(&c);
    ASSERT_TRUE(run(to.load(commands, s)));
    core::batch_effects effects;
    for (const auto* c : commands) ASSERT_TRUE(core::decide(s, *c, now(), {}, effects));
    ASSERT_TRUE(run(to.apply(effects)));
    s.end_batch(1000);
}

}  // namespace confab::testing
