#include "base/recent_failure.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <utility>
#include <vector>

namespace confab {
namespace {

TEST(a_recent_failure, is_the_last_one_until_it_is_cleared) {
    recent_failure failure;
    EXPECT_EQ(failure.get(), "");
    failure.clear();
    EXPECT_EQ(failure.get(), "");
    failure.set("refused");
    failure.set("too slow");
    EXPECT_EQ(failure.get(), "too slow");
    EXPECT_EQ(failure.get(), "too slow");
    failure.clear();
    EXPECT_EQ(failure.get(), "");
    failure.set("refused");
    EXPECT_EQ(failure.get(), "refused");
}

TEST(a_recent_failure, is_whole_whichever_threads_set_and_clear_it) {
    recent_failure failure;
    const std::string a(1000, 'a'), b(2000, 'b');
    std::vector<std::thread> threads;
    for (const auto* const why : {&a, &b})
        threads.emplace_back([&failure, why] {
            for (int i = 0; i < 1'000; ++i) {
                failure.set(*why);
                if (i % 3 == 0) failure.clear();
            }
        });
    for (int i = 0; i < 1'000; ++i) {
        const auto why = failure.get();
        EXPECT_TRUE(why.empty() || why == a || why == b) << why;
    }
    for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace confab
