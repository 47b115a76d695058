#include "app/format_duration.hpp"

#include <gtest/gtest.h>

namespace confab::app {
namespace {

using namespace std::chrono;

TEST(format_duration, has_the_unit_that_fits) {
    EXPECT_EQ(format_duration(microseconds(-5)), "0.0 s");
    EXPECT_EQ(format_duration(milliseconds(12'340)), "12.3 s");
    EXPECT_EQ(format_duration(seconds(119)), "119.0 s");
    EXPECT_EQ(format_duration(minutes(2)), "2 min");
    EXPECT_EQ(format_duration(minutes(119)), "119 min");
    EXPECT_EQ(format_duration(hours(2)), "2 h");
    EXPECT_EQ(format_duration(hours(47)), "47 h");
    EXPECT_EQ(format_duration(hours(49)), "2 d");
}

}  // namespace
}  // namespace confab::app
