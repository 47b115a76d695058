#include "api/response_buffer_quota.hpp"

#include <gtest/gtest.h>

namespace confab::api {
namespace {

TEST(response_buffer_quota, grants_no_more_than_its_limit_and_takes_it_back) {
    response_buffer_quota quota(2);
    auto first = quota.try_acquire();
    const auto second = quota.try_acquire();
    EXPECT_TRUE(first && second);
    EXPECT_FALSE(quota.try_acquire());
    EXPECT_FALSE(quota.try_acquire());
    first.reset();
    const auto third = quota.try_acquire();
    EXPECT_TRUE(third);
    EXPECT_FALSE(quota.try_acquire());
}

}  // namespace
}  // namespace confab::api
