#include "app/shown_age.hpp"

#include <gtest/gtest.h>

namespace confab::app {
namespace {

using namespace std::chrono;

TEST(shown_age, has_the_unit_that_fits) {
    EXPECT_EQ(shown_age(microseconds(-5)), "0.0 s");
    EXPECT_EQ(shown_age(milliseconds(12'340)), "12.3 s");
    EXPECT_EQ(shown_age(seconds(119)), "119.0 s");
    EXPECT_EQ(shown_age(minutes(2)), "2 min");
    EXPECT_EQ(shown_age(minutes(119)), "119 min");
    EXPECT_EQ(shown_age(hours(2)), "2 h");
    EXPECT_EQ(shown_age(hours(47)), "47 h");
    EXPECT_EQ(shown_age(hours(49)), "2 d");
}

}  // namespace
}  // namespace confab::app
