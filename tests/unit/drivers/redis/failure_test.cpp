#include "drivers/redis/failure.hpp"

#include <gtest/gtest.h>

namespace confab::redis {
namespace {

using kind = failure::kind;

TEST(redis_failure, is_permanent_unless_it_may_pass_by_itself) {
    for (const auto* words :
         {"WRONGPASS invalid username-password pair or user is disabled.", "NOAUTH Authentication required.",
          "NOPERM User x has no permissions to run the 'get' command", "ERR DB index is out of range",
          "DENIED Redis is running in protected mode"})
        EXPECT_EQ(failure_of(std::string(words)).type, kind::refused) << words;
    for (const auto* words : {"ERR max number of clients reached", "LOADING Redis is loading the dataset in memory",
                              "BUSY Redis is busy running a script.", "MASTERDOWN Link with MASTER is down",
                              "TRYAGAIN Multiple keys request during rehashing of slot"})
        EXPECT_EQ(failure_of(std::string(words)).type, kind::unreachable) << words;
    EXPECT_EQ(failure_of("READONLY You can't write against a read only replica.").type, kind::no_primary);
}

TEST(redis_failure, of_several_servers_is_the_one_that_an_operator_can_act_on) {
    const auto of = [](kind one, kind other) { return joined({one, "a"}, {other, "b"}).type; };
    for (const auto other : {kind::refused, kind::unreachable, kind::no_primary}) {
        EXPECT_EQ(of(kind::refused, other), kind::refused);
        EXPECT_EQ(of(other, kind::refused), kind::refused);
        EXPECT_EQ(of(other, other), other);
    }
    EXPECT_EQ(of(kind::unreachable, kind::no_primary), kind::unreachable);
    EXPECT_EQ(of(kind::no_primary, kind::unreachable), kind::unreachable);
    EXPECT_EQ(joined({kind::refused, "a"}, {kind::no_primary, "b"}).reason, "a; b");
}

TEST(redis_failure, lasts_unless_the_server_is_unreachable) {
    EXPECT_FALSE((failure{kind::unreachable, ""}.is_permanent()));
    EXPECT_TRUE((failure{kind::refused, ""}.is_permanent()));
    EXPECT_TRUE((failure{kind::no_primary, ""}.is_permanent()));
}

}  // namespace
}  // namespace confab::redis
