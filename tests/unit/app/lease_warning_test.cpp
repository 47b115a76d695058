#include "app/lease_warning.hpp"

#include <gtest/gtest.h>

#include "app/options.hpp"

namespace confab::app {
namespace {

using std::chrono::milliseconds;

TEST(lease_warning, warns_of_an_answer_timeout_that_ends_before_a_takeover) {
    EXPECT_FALSE(lease_warning(milliseconds(6000), milliseconds(9000)));
    const auto warning = lease_warning(milliseconds(6000), milliseconds(8999));
    ASSERT_TRUE(warning);
    EXPECT_NE(warning->find("Set --answer-timeout-ms to 9000 or more"), std::string::npos) << *warning;
}

TEST(lease_warning, says_nothing_of_a_lease_that_is_not_known) {
    EXPECT_FALSE(lease_warning(milliseconds(0), milliseconds(100)));
}

TEST(lease_warning, the_defaults_fit) {
    const char* const words[] = {"confab", "config"};
    const auto s = parse(2, words).values;
    EXPECT_FALSE(lease_warning(milliseconds(s.number("lease-ms")), milliseconds(s.number("answer-timeout-ms"))));
}

}  // namespace
}  // namespace confab::app
