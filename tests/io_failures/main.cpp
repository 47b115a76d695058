// Runs tests with the fault shims between SQLite and the system.
#include <gtest/gtest.h>

#include "base/log.hpp"
#include "support/fault_plan.hpp"

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    confab::testing::install_sqlite_shims();
    confab::log::start(std::getenv("TEST_LOG") ? confab::log::level::info : confab::log::level::off);
    return RUN_ALL_TESTS();
}
