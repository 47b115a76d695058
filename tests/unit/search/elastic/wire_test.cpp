#include "search/elastic/wire.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <sstream>

namespace confab::search {
namespace {

using boost::json::parse;
using core::message_number;

constexpr core::chat_id chat(7);

std::string text_at(const boost::json::value& in, std::string_view path) {
    return std::string(in.at_pointer(path).as_string());
}

// The condition on the text in the request for a query.
boost::json::value condition_of(std::string_view query) {
    const auto body =
        parse(candidates_body(chat, core::folded_query(query), message_number(9), 5, std::chrono::milliseconds(250)));
    return body.at_pointer("/query/bool/filter/1");
}

TEST(a_request_for_candidates, has_its_chat_its_limits_and_its_order) {
    const auto body =
        parse(candidates_body(chat, core::folded_query("text"), message_number(9), 5, std::chrono::milliseconds(250)));
    EXPECT_EQ(text_at(body, "/query/bool/filter/0/term/chat"), "7");
    EXPECT_EQ(text_at(body, "/sort/0/number"), "desc");
    EXPECT_EQ(body.at_pointer("/search_after"), parse("[9]"));
    EXPECT_EQ(body.at_pointer("/size"), 5);
    EXPECT_EQ(text_at(body, "/timeout"), "250ms");
}

TEST(a_request_for_candidates, asks_for_characters_and_not_for_bytes) {
    for (const auto* one : {"a", "\u00fc", "\u20ac", "\U0001F600"})
        EXPECT_EQ(text_at(condition_of(one), "/term/text.one"), one);
    for (const auto* two : {"ab", "\u00fca", "\U0001F600\u20ac"})
        EXPECT_EQ(text_at(condition_of(two), "/term/text.two"), two);
    for (const auto* more : {"abc", "\u00fc\u20ac\U0001F600", "say \"so\""})
        EXPECT_EQ(text_at(condition_of(more), "/match_phrase/text"), more);
}

TEST(a_request_for_candidates, has_the_beginning_of_a_long_query) {
    std::string beginning;
    for (int i = 0; i < 64; ++i) beginning += "\u20ac";
    EXPECT_EQ(text_at(condition_of(beginning), "/match_phrase/text"), beginning);
    EXPECT_EQ(text_at(condition_of(beginning + "\u20ac"), "/match_phrase/text"), beginning);
}

TEST(a_request_for_texts, has_its_chat_its_limits_and_its_order) {
    const auto body = parse(texts_body(chat, message_number(3), 9, 5));
    EXPECT_EQ(text_at(body, "/query/bool/filter/0/term/chat"), "7");
    EXPECT_EQ(body.at_pointer("/query/bool/filter/1/range/number/lte"), 9);
    EXPECT_EQ(text_at(body, "/sort/0/number"), "asc");
    EXPECT_EQ(body.at_pointer("/search_after"), parse("[3]"));
    EXPECT_EQ(body.at_pointer("/size"), 5);
}

TEST(a_response_with_candidates, has_their_numbers) {
    const auto found = numbers_in(parse(R"({"timed_out":false,"hits":{"hits":[{"sort":[5]},{"sort":[2]}]}})"));
    EXPECT_EQ(found, (std::vector{message_number(5), message_number(2)}));
    EXPECT_EQ(numbers_in(parse(R"({"timed_out":false,"hits":{"hits":[]}})")), std::vector<message_number>{});
}

TEST(a_response_with_texts, has_them_with_their_versions) {
    const auto found =
        texts_in(parse(R"({"timed_out":false,"hits":{"hits":[{"sort":[5],"_version":3,"_source":{"text":"a\nb"}}]}})"));
    EXPECT_EQ(found, (std::vector<indexed_text>{{message_number(5), 3, "a\nb"}}));
}

TEST(a_response_of_hits, that_is_incomplete_or_another_one_is_none) {
    for (const auto* text :
         {"null", "[]", "{}", R"({"hits":{"hits":[]}})", R"({"timed_out":true,"hits":{"hits":[]}})",
          R"({"timed_out":"false","hits":{"hits":[]}})", R"({"timed_out":false})",
          R"({"timed_out":false,"hits":{"hits":{}}})", R"({"timed_out":false,"hits":{"hits":[{}]}})",
          R"({"timed_out":false,"hits":{"hits":[{"sort":["5"],"_version":1,"_source":{"text":"a"}}]}})",
          R"({"timed_out":false,"hits":{"hits":[{"sort":[-5],"_version":1,"_source":{"text":"a"}}]}})"}) {
        EXPECT_EQ(numbers_in(parse(text)), std::nullopt) << text;
        EXPECT_EQ(texts_in(parse(text)), std::nullopt) << text;
    }
    for (const auto* hit : {R"({"sort":[5],"_version":1})", R"({"sort":[5],"_source":{"text":"a"}})",
                            R"({"sort":[5],"_version":1,"_source":{"text":5}})"})
        EXPECT_EQ(texts_in(parse(R"({"timed_out":false,"hits":{"hits":[)" + std::string(hit) + "]}}")), std::nullopt)
            << hit;
}

TEST(a_bulk_request, has_two_lines_for_each_text) {
    const std::vector<indexed_text> texts{{message_number(1), 4, "say \"so\"\n"}, {message_number(2), 1, ""}};
    const auto bodies = bulk_bodies(chat, texts, 100'000);
    ASSERT_EQ(bodies.size(), 1U);
    std::istringstream lines(bodies[0]);
    std::string action, document;
    for (const auto& t : texts) {
        ASSERT_TRUE(std::getline(lines, action) && std::getline(lines, document));
        const auto number = t.number.value();
        EXPECT_EQ(text_at(parse(action), "/index/_id"), "7:" + std::to_string(number));
        EXPECT_EQ(text_at(parse(action), "/index/routing"), "7");
        EXPECT_EQ(parse(action).at_pointer("/index/version"), t.version);
        EXPECT_EQ(text_at(parse(action), "/index/version_type"), "external");
        EXPECT_EQ(text_at(parse(document), "/chat"), "7");
        EXPECT_EQ(parse(document).at_pointer("/number"), number);
        EXPECT_EQ(text_at(parse(document), "/text"), t.text);
    }
    EXPECT_FALSE(std::getline(lines, action));
}

TEST(a_bulk_request, ends_with_the_text_that_exceeds_its_size) {
    std::vector<indexed_text> texts;
    for (std::uint64_t i = 1; i <= 9; ++i) texts.push_back({message_number(i), 1, "text"});
    const auto whole = bulk_bodies(chat, texts, 100'000).at(0);
    for (const auto most : {std::size_t{0}, std::size_t{1}, std::size_t{300}, whole.size() - 1, whole.size()}) {
        std::string joined;
        for (const auto& body : bulk_bodies(chat, texts, most)) {
            EXPECT_EQ(std::count(body.begin(), body.end(), '\n') % 2, 0);
            EXPECT_LT(body.size(), most + whole.size() / 9 + 1);
            joined += body;
        }
        EXPECT_EQ(joined, whole);
    }
    EXPECT_EQ(bulk_bodies(chat, texts, 1).size(), 9U);
    EXPECT_TRUE(bulk_bodies(chat, {}, 1).empty());
}

TEST(a_bulk_response, reports_nothing_if_the_index_has_every_text_or_a_later_version) {
    for (const auto* text :
         {R"({"errors":false})", R"({"errors":true,"items":[]})",
          R"({"errors":true,"items":[{"index":{"status":200}},{"index":{"status":201}},{"index":{"status":409}}]})"}) {
        EXPECT_EQ(outcome_in(parse(text)).refused, "") << text;
        EXPECT_FALSE(outcome_in(parse(text)).is_gone) << text;
    }
}

TEST(a_bulk_response, reports_the_first_refused_item) {
    const auto outcome = outcome_in(parse(R"({"errors":true,"items":[{"index":{"status":409}},
        {"index":{"status":400,"error":{"type":"mapper","reason":"why"}}},{"index":{"status":404}}]})"));
    EXPECT_EQ(outcome.refused, R"("mapper" ("why"))");
    EXPECT_FALSE(outcome.is_gone);
    const auto gone = outcome_in(parse(R"({"errors":true,"items":[{"index":{"status":404}}]})"));
    EXPECT_EQ(gone.refused, "no type (no reason)");
    EXPECT_TRUE(gone.is_gone);
    EXPECT_NE(outcome_in(parse(R"({"errors":true,"items":[{}]})")).refused, "");
}

TEST(a_bulk_response, that_is_another_one_is_a_refusal) {
    for (const auto* text : {"null", "{}", R"({"errors":0})", R"({"errors":true})", R"({"errors":true,"items":{}})"})
        EXPECT_NE(outcome_in(parse(text)).refused, "") << text;
}

}  // namespace
}  // namespace confab::search
