// Pure functions of the ledgers: the role of a server, and differing clocks.
#include <gtest/gtest.h>

#include "ledger/mysql/database_clock.hpp"
#include "ledger/mysql/role.hpp"
#include "ledger/sqlite/written_time.hpp"

namespace confab::testing {
namespace {

using ledger::mysql::database_clock;
using ledger::mysql::role_refusal;
using ledger::mysql::server_variables;

constexpr std::int64_t hour_us = 3'600'000'000;

TEST(role, of_a_server_that_takes_writes_is_fit) {
    EXPECT_FALSE(role_refusal({}));
    EXPECT_FALSE(role_refusal({{"read_only", "OFF"}, {"tx_read_only", "OFF"}, {"innodb_read_only", "OFF"}}));
    EXPECT_FALSE(role_refusal({{"read_only", "0"}, {"group_replication_group_name", ""}}));
}

TEST(role, that_takes_none_is_refused_with_what_to_do) {
    const server_variables refused[] = {
        {{"read_only", "ON"}},
        {{"read_only", "1"}},
        {{"read_only", "NO_LOCK"}},  // MariaDB 12
        {{"read_only", "OFF"}, {"super_read_only", "ON"}},
        {{"innodb_read_only", "ON"}},
        {{"transaction_read_only", "ON"}},
        {{"tx_read_only", "ON"}},
    };
    for (const auto& variables : refused) {
        const auto why = role_refusal(variables).value_or("fit");
        EXPECT_EQ(why.find("it is read-only ("), 0U) << why;
        EXPECT_NE(why.find(" = OFF to use this one"), std::string::npos) << why;
    }
}

TEST(role, in_a_replication_group_is_refused) {
    const auto why =
        role_refusal({{"read_only", "OFF"}, {"group_replication_group_name", "aaaa-bbbb"}}).value_or("fit");
    EXPECT_NE(why.find("group_replication_group_name = aaaa-bbbb"), std::string::npos) << why;
}

TEST(database_clock, translates_in_both_directions) {
    database_clock clock;
    for (const std::int64_t hours : {25, 0, -240}) {
        const timestamp here{1'000 * hour_us}, database{here.us + hours * hour_us};
        clock.read(database, here);
        EXPECT_EQ(clock.to_database(here), database);
        EXPECT_EQ(clock.to_local(database), here);
    }
}

TEST(database_clock, notices_that_this_machines_clock_was_set) {
    using namespace std::chrono;
    const timestamp here{1'000 * hour_us};
    const auto at = steady_clock::now();
    database_clock clock;
    clock.read(here, here, at);
    EXPECT_FALSE(clock.was_set(here, at));
    EXPECT_FALSE(clock.was_set({here.us + hour_us}, at + hours(1)));
    EXPECT_FALSE(clock.was_set({here.us + 500'000}, at));
    EXPECT_TRUE(clock.was_set({here.us + 2'000'000}, at));
    EXPECT_TRUE(clock.was_set({here.us - 2'000'000}, at));
    EXPECT_TRUE(clock.was_set(here, at + hours(1)));
}

TEST(written_time, lengthens_a_keys_life_while_the_clock_is_behind_it) {
    const auto longer = [](timestamp now, std::int64_t hours) {
        return ledger::sqlite::longer_life_us({now.us + hours * hour_us}, now) / hour_us;
    };
    const auto right = ledger::sqlite::earliest_right;
    EXPECT_EQ(longer(right, -1), 0);
    EXPECT_EQ(longer(right, 0), 0);
    EXPECT_EQ(longer(right, 10), 10);
    EXPECT_EQ(longer(right, 48), 48);
    EXPECT_EQ(longer(right, 87'600), 48);
    EXPECT_EQ(longer({right.us - 1}, 87'600), 87'600);
    EXPECT_EQ(longer({0}, 500'000), 500'000);
    EXPECT_EQ(longer({0}, 0), 0);
}

}  // namespace
}  // namespace confab::testing
