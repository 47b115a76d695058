#include "api/answer_memory.hpp"

#include <gtest/gtest.h>

namespace confab::api {
namespace {

TEST(answer_memory, gives_out_no_more_shares_than_it_has_and_takes_them_back) {
    answer_memory memory(2);
    auto first = memory.take();
    const auto second = memory.take();
    EXPECT_TRUE(first && second);
    EXPECT_FALSE(memory.take());
    EXPECT_FALSE(memory.take());
    first.reset();
    const auto third = memory.take();
    EXPECT_TRUE(third);
    EXPECT_FALSE(memory.take());
}

}  // namespace
}  // namespace confab::api
