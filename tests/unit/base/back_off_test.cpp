#include "base/back_off.hpp"

#include <gtest/gtest.h>

namespace confab {
namespace {

using namespace std::chrono_literals;

TEST(back_off, doubles_up_to_its_limit_and_begins_again_after_a_success) {
    back_off pause(5s, 30s);
    for (const auto expected : {5s, 10s, 20s, 30s, 30s}) EXPECT_EQ(pause.next(), expected);
    pause.reset();
    EXPECT_EQ(pause.next(), 5s);
}

}  // namespace
}  // namespace confab
