#include <gtest/gtest.h>

#include "core/text.hpp"

namespace confab::core {
namespace {

template <class Text>
std::optional<text_fault> fault(std::string text) {
    const auto parsed = Text::parse(std::move(text));
    return parsed ? std::nullopt : std::optional(parsed.error());
}

std::string times(int n, std::string_view text) {
    std::string all;
    for (int i = 0; i < n; ++i) all += text;
    return all;
}

TEST(text, of_a_name_is_limited_in_code_points) {
    EXPECT_EQ(fault<app_name>(times(255, "ü")), std::nullopt);
    EXPECT_EQ(fault<app_name>(times(256, "ü")), text_fault::too_long);
    EXPECT_EQ(fault<app_name>(times(255, "😀")), std::nullopt);
}

TEST(text, of_a_message_is_limited_in_bytes) {
    EXPECT_EQ(fault<message_content>(std::string(65536, 'x')), std::nullopt);
    EXPECT_EQ(fault<message_content>(std::string(65537, 'x')), text_fault::too_long);
    EXPECT_EQ(fault<message_content>(times(32769, "ü")), text_fault::too_long);
}

TEST(text, of_white_space_only_is_blank_in_any_script) {
    for (const auto* text : {"", " ", "\t\r\n", "\u00a0", "\u2003\u3000", "\u2028\u2029\u0085"})
        EXPECT_EQ(fault<message_content>(text), text_fault::blank) << text;
    EXPECT_EQ(fault<message_content>("\u200b"), std::nullopt);  // a zero-width space is no white space
    EXPECT_EQ(fault<sender_name>(""), std::nullopt);
}

TEST(text, of_a_query_is_blank_without_its_invisible_characters) {
    for (const auto* text : {"", " ", "\u200b", "\ufe0f", " \u200b\u3000", "\u00ad\u2060\ufeff", "\u3164"})
        EXPECT_EQ(fault<search_query>(text), text_fault::blank) << text;
    EXPECT_EQ(fault<search_query>("\u200ba"), std::nullopt);
    EXPECT_EQ(fault<search_query>("\u0301"), std::nullopt);
}

TEST(text, with_nul_or_broken_utf8_is_refused) {
    EXPECT_EQ(fault<message_content>(std::string("a\0b", 3)), text_fault::has_nul);
    for (const auto* text : {"\xff", "a\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "12345678\x80"})
        EXPECT_EQ(fault<message_content>(text), text_fault::not_utf8) << testing::PrintToString(text);
}

TEST(text, is_utf8_up_to_the_last_code_point) {
    EXPECT_TRUE(is_utf8("\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff"));
}

}  // namespace
}  // namespace confab::core
