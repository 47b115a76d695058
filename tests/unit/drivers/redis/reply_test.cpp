#include "drivers/redis/reply.hpp"

#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <array>

namespace confab::redis {
namespace {

redisReply text_reply(int type, std::string& text) {
    redisReply r{};
    r.type = type;
    r.str = text.data();
    r.len = text.size();
    return r;
}

TEST(a_redis_reply, is_copied_with_its_type_and_its_text) {
    std::string text("a\0\r\n", 4);
    for (const int type : {REDIS_REPLY_STRING, REDIS_REPLY_STATUS}) {
        const auto copied = reply::copy(text_reply(type, text));
        EXPECT_EQ(copied.type, reply::kind::text);
        EXPECT_EQ(copied.text, text);
        EXPECT_FALSE(copied.is_error());
    }
    const auto refused = reply::copy(text_reply(REDIS_REPLY_ERROR, text));
    EXPECT_TRUE(refused.is_error());
    EXPECT_EQ(refused.text, text);
    redisReply number{};
    number.type = REDIS_REPLY_INTEGER;
    number.integer = -7;
    EXPECT_EQ(reply::copy(number).type, reply::kind::integer);
    EXPECT_EQ(reply::copy(number).integer, -7);
}

TEST(a_redis_reply, of_a_type_that_resp2_lacks_is_nil_like_no_value) {
    for (const int type : {REDIS_REPLY_NIL, 0, 99}) {
        redisReply r{};
        r.type = type;
        EXPECT_EQ(reply::copy(r).type, reply::kind::nil);
    }
}

TEST(a_redis_reply, owns_its_nested_items) {
    reply copied;
    {
        std::string text = "some text that is too long for the small buffer of a string";
        auto item = text_reply(REDIS_REPLY_STRING, text);
        std::array<redisReply*, 1> inner_items{&item};
        redisReply inner{};
        inner.type = REDIS_REPLY_ARRAY;
        inner.elements = inner_items.size();
        inner.element = inner_items.data();
        std::array<redisReply*, 2> outer_items{&inner, &item};
        redisReply outer = inner;
        outer.elements = outer_items.size();
        outer.element = outer_items.data();
        copied = reply::copy(outer);
    }
    ASSERT_TRUE(copied.is_array_of(2));
    ASSERT_TRUE(copied.items[0].is_array_of(1));
    EXPECT_EQ(copied.items[0].items[0].text, copied.items[1].text);
    EXPECT_EQ(copied.items[1].text, "some text that is too long for the small buffer of a string");
}

TEST(a_redis_reply, is_an_array_of_its_exact_length_only) {
    EXPECT_TRUE((reply{.type = reply::kind::array}.is_array_of(0)));
    EXPECT_FALSE((reply{.type = reply::kind::array}.is_array_of(1)));
    EXPECT_FALSE(reply{}.is_array_of(0));
}

}  // namespace
}  // namespace confab::redis
