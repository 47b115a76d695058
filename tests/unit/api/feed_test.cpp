#include "api/feed.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "api/feed_request.hpp"

namespace confab::api {
namespace {

TEST(stream_quota, limits_all_streams_and_those_of_an_app) {
    stream_quota quota(3, 2);
    const auto one = core::app_token::make(), other = core::app_token::make();
    auto first = quota.acquire(one);
    auto second = quota.acquire(one);
    ASSERT_TRUE(first && second);
    const auto third = quota.acquire(one);
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().kind, http::problem_kind::too_many_streams_of_app);
    auto of_other = quota.acquire(other);
    ASSERT_TRUE(of_other);
    EXPECT_EQ(quota.open(), 3U);
    const auto fourth = quota.acquire(other);
    ASSERT_FALSE(fourth);
    EXPECT_EQ(fourth.error().kind, http::problem_kind::too_many_streams);
    EXPECT_EQ(quota.refused(), 1U);
    EXPECT_EQ(quota.refused_of_app(), 1U);
    *first = nullptr;
    *second = nullptr;
    EXPECT_EQ(quota.open(), 1U);
    EXPECT_TRUE(quota.acquire(one));
}

TEST(feed_request, names_each_chat_once) {
    using numbers = std::vector<core::chat_number>;
    EXPECT_EQ(*read_chats("7"), numbers{core::chat_number(7)});
    EXPECT_EQ(*read_chats("7,1,7"), (numbers{core::chat_number(7), core::chat_number(1)}));
    for (const std::string malformed : {"", ",", "1,", ",1", "1,,2", "0", "01", "-1", " 1", "1, 2", "4294967296", "x"})
        EXPECT_FALSE(read_chats(malformed)) << malformed;
}

TEST(feed_request, names_at_most_64_chats) {
    std::string chats = "1";
    for (int i = 2; i <= 64; ++i) chats += "," + std::to_string(i);
    EXPECT_EQ(read_chats(chats)->size(), 64U);
    EXPECT_EQ(read_chats(chats + ",64")->size(), 64U);
    const auto refused = read_chats(chats + ",65");
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().detail.find("64 chats"), std::string::npos);
}

bool accepts(std::string_view accept) {
    http::request r{http::verb::get, "/", {}, {}, "id"};
    r.headers.push_back({"Accept", accept});
    return accepts_event_stream(r);
}

TEST(feed_request, asks_for_an_event_stream_by_its_accept_header) {
    EXPECT_TRUE(accepts("text/event-stream"));
    EXPECT_TRUE(accepts("application/json, Text/Event-Stream;q=0.5"));
    EXPECT_FALSE(accepts("*/*"));
    EXPECT_FALSE(accepts("text/event-streams"));
    EXPECT_FALSE(accepts(""));
    EXPECT_FALSE(accepts_event_stream({http::verb::get, "/", {}, {}, "id"}));
}

TEST(event_texts, have_type_chat_and_object_on_one_line) {
    const core::message m{core::message_number(3), "two\nlines", {}, {}, 2, {}, {}};
    const auto made = event_texts().of_message(live::message_event::updated, core::chat_number(7), m);
    EXPECT_TRUE(made.lines().starts_with("event: message.updated\ndata: {"));
    EXPECT_TRUE(made.lines().ends_with("}\n\n"));
    EXPECT_EQ(std::string(made.data()).find('\n'), std::string::npos);
    const auto object = boost::json::parse(made.data()).as_object();
    EXPECT_EQ(object.at("type"), "message.updated");
    EXPECT_EQ(object.at("chat"), 7);
    EXPECT_EQ(object.at("object").at("content"), "two\nlines");
    const auto of_chat = event_texts().of_chat({{}, core::chat_number(9), 0, 0, {}, {}});
    EXPECT_EQ(boost::json::parse(of_chat.data()).at("object").at("number"), 9);
}

}  // namespace
}  // namespace confab::api
