#include "live/redis/hint_codec.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "core/ids.hpp"
#include "support/seed.hpp"

namespace confab::live {
namespace {

hint of_chat(std::uint64_t id, std::uint64_t messages, std::uint64_t changes) {
    return {topic_of(core::chat_id(id)), messages, changes};
}

hint of_app(std::uint64_t id, std::uint64_t chats) {
    return {topic_of(core::app_id(id)), chats, 0};
}

TEST(a_message_of_hints, names_topics_and_counters) {
    EXPECT_EQ(encode(std::vector<hint>{}), "1");
    EXPECT_EQ(encode(std::vector{of_chat(7, 1042, 3), of_app(5, 9)}), "1 c7:1042.3 a5:9.0");
    EXPECT_EQ(decode_hints("1 c7:0.3 a5:9.0"), (std::vector{of_chat(7, 0, 3), of_app(5, 9)}));
    EXPECT_EQ(decode_hints("1"), std::vector<hint>());
}

TEST(a_message_of_hints, is_read_back) {
    std::mt19937_64 draw(testing::seed());
    const auto counter = [&] { return draw() & core::number_max; };
    for (int round = 0; round < 100; ++round) {
        std::vector<hint> all;
        for (auto left = draw() % 20; left > 0; --left) {
            const auto id = draw() | 1;
            all.push_back(draw() % 2 == 0 ? of_app(id, counter() | 1) : of_chat(id, counter(), counter() | 1));
        }
        EXPECT_EQ(decode_hints(encode(all)), all);
    }
}

TEST(a_message_of_hints, has_the_largest_ones) {
    constexpr auto id = std::numeric_limits<std::uint64_t>::max();
    const std::vector<hint> all(hints_per_message_max, of_chat(id, core::number_max, core::number_max));
    const auto text = encode(all);
    EXPECT_LE(text.size(), 45'000U);
    EXPECT_EQ(decode_hints(text), all);
    EXPECT_FALSE(decode_hints(text + " c1:1.0"));
}

TEST(a_message_of_hints, that_is_malformed_is_refused_whole) {
    for (const auto* wrong : {"",
                              "2 c7:1.0",
                              "10 c7:1.0",
                              " 1 c7:1.0",
                              "1c7:1.0",
                              "1 ",
                              "1  c7:1.0",
                              "1 c7:1.0 ",
                              "1 c7:1.0x",
                              "1 c7:1.0 a",
                              "1 m7:1.0",
                              "1 C7:1.0",
                              "1 c:1.0",
                              "1 c7",
                              "1 c7:",
                              "1 c7:1",
                              "1 c7:1.",
                              "1 c7:.1",
                              "1 c-7:1.0",
                              "1 c+7:1.0",
                              "1 c7:-1.0",
                              "1 c 7:1.0",
                              "1 c0:1.0",
                              "1 c7:0.0",
                              "1 a7:0.0",
                              "1 a7:1.1",
                              "1 c7:4294967296.0",
                              "1 c7:1.4294967296",
                              "1 c18446744073709551616:1.0",
                              "1 c7:1.0\n",
                              "{\"c7\":1}"})
        EXPECT_FALSE(decode_hints(wrong)) << wrong;
    EXPECT_FALSE(decode_hints(std::string_view("1\0", 2)));
}

TEST(the_channel_of_hints, names_the_cluster) {
    EXPECT_EQ(hint_channel("0123456789abcdef"), "confab:0123456789abcdef:live");
}

}  // namespace
}  // namespace confab::live
