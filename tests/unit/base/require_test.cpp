#include "base/require.hpp"

#include <gtest/gtest.h>

#include <csignal>

#include "base/event_loops.hpp"

namespace confab {
namespace {

const auto aborted = ::testing::KilledBySignal(SIGABRT);

TEST(assertion, that_holds_changes_nothing_and_another_ends_the_process) {
    require(true, "a test");
    EXPECT_EXIT(require(false, "a test"), aborted, "");
}

TEST(costly_assertion, is_checked_only_in_builds_for_it) {
    int checks = 0;
    const auto holds = [&checks] { return ++checks > 0; };
    require_costly(holds, "a test");
    EXPECT_EQ(checks, costly_checks ? 1 : 0);
    if constexpr (costly_checks) {
        EXPECT_EXIT(require_costly([] { return false; }, "a test"), aborted, "");
    }
}

TEST(event_loops, that_were_not_started_are_not_monitored) {
    event_loops loops(1);
    EXPECT_FALSE(loops.is_running());
    EXPECT_EXIT(loops.watch(), aborted, "");
}

}  // namespace
}  // namespace confab
