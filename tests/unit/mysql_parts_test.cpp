// Parts of the ledgers that decide by values alone: clocks that differ.
#include <gtest/gtest.h>

#include "ledger/sqlite/written_time.hpp"

namespace confab::testing {
namespace {

constexpr std::int64_t hour_us = 3'600'000'000;

TEST(written_time, lengthens_a_keys_life_while_the_clock_is_behind_it) {
    const timestamp now{1'000 * hour_us};
    const auto longer = [&](std::int64_t hours) {
        return ledger::sqlite::longer_life_us({now.us + hours * hour_us}, now) / hour_us;
    };
    EXPECT_EQ(longer(-1), 0);
    EXPECT_EQ(longer(0), 0);
    EXPECT_EQ(longer(10), 10);
    EXPECT_EQ(longer(48), 48);
    EXPECT_EQ(longer(87'600), 48);
}

}  // namespace
}  // namespace confab::testing
