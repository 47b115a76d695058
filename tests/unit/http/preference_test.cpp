#include "http/preference.hpp"

#include <gtest/gtest.h>

namespace confab::http {
namespace {

preference preference_in(std::initializer_list<std::string_view> headers) {
    request r{verb::post, "/", {}, {}, {}};
    for (const auto value : headers) r.headers.push_back({"prefer", value});
    return preference_of(r);
}

TEST(preference, is_the_first_of_its_name) {
    using std::chrono::seconds;
    EXPECT_FALSE(preference_in({}).respond_async);
    EXPECT_TRUE(preference_in({"Respond-Async"}).respond_async);
    EXPECT_TRUE(preference_in({"wait=3, respond-async"}).respond_async);
    EXPECT_TRUE(preference_in({"wait=3", "respond-async"}).respond_async);
    EXPECT_TRUE(preference_in({"respond-async; since=now"}).respond_async);
    EXPECT_TRUE(preference_in({R"(x="a, \"b, wait=9", respond-async)"}).respond_async);
    EXPECT_FALSE(preference_in({R"(x="a, respond-async, b")"}).respond_async);
    EXPECT_EQ(preference_in({R"(x="a, wait=9, b")"}).wait, seconds(0));
    EXPECT_EQ(preference_in({"wait=5"}).wait, seconds(5));
    EXPECT_EQ(preference_in({" wait = \"5\" ; x=1"}).wait, seconds(5));
    EXPECT_EQ(preference_in({"wait=5, wait=7"}).wait, seconds(5));
    EXPECT_EQ(preference_in({"wait=61"}).wait, seconds(60));
    EXPECT_EQ(preference_in({"wait=99999999999999999999999"}).wait, seconds(60));
    for (const auto* text : {"wait", "wait=", "wait=5x", "wait=-5", "wait=+5", "wait=5.0", "waits=5", ";wait=5",
                             "\"wait\"=5", "wait=5/2", "wait=5 x", "wait=5=6", "wait=x, wait=5"})
        EXPECT_EQ(preference_in({text}).wait, seconds(0)) << text;
}

}  // namespace
}  // namespace confab::http
