#include "core/event_id.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/seed.hpp"

namespace confab::core {
namespace {

const generation gen = *generation::parse("aB3dE6gH");

// The text of an event id that parse() accepts.
std::string text_of_id(const event_id& id) {
    std::string text;
    if (id.chats_count) append_app(text, *id.generation, *id.chats_count);
    for (const auto& c : id.chats) {
        if (text.empty())
            text = event_id_of(*id.generation, c.chat, c.position);
        else
            append_chat(text, c.chat, c.position);
    }
    return text;
}

// Mostly small, sometimes at the limit.
std::uint64_t some_counter(std::mt19937_64& random) {
    switch (random() % 4) {
        case 0:
            return random() % 3;
        case 1:
            return number_max - random() % 3;
        default:
            return random() % (number_max + 1);
    }
}

TEST(event_id, names_the_generation_the_chat_its_messages_and_its_changes) {
    EXPECT_EQ(event_id_of(gen, chat_number(7), {1042, 3}), "aB3dE6gH:7:1042.3");
    EXPECT_EQ(event_id_of(gen, chat_number(number_max), {number_max, number_max}),
              "aB3dE6gH:4294967295:4294967295.4294967295");
    const auto parsed = event_id::parse("aB3dE6gH:7:1042.3");
    EXPECT_EQ(parsed, (event_id{gen, {}, {{chat_number(7), {1042, 3}}}}));
}

TEST(event_id, of_an_app_names_its_chats) {
    std::string text;
    append_app(text, gen, 12);
    EXPECT_EQ(text, "aB3dE6gH:0:12");
    EXPECT_EQ(event_id::parse(text), (event_id{gen, 12, {}}));
    append_chat(text, chat_number(7), {1042, 3});
    append_chat(text, chat_number(3), {0, 0});
    EXPECT_EQ(text, "aB3dE6gH:0:12,7:1042.3,3:0.0");
    EXPECT_EQ(event_id::parse(text), (event_id{gen, 12, {{chat_number(7), {1042, 3}}, {chat_number(3), {0, 0}}}}));
}

TEST(event_id, of_version_0_1_0_has_no_generation) {
    EXPECT_EQ(event_id::parse("7:1042.3"), (event_id{{}, {}, {{chat_number(7), {1042, 3}}}}));
    EXPECT_EQ(event_id::parse("4294967295:4294967295.0"),
              (event_id{{}, {}, {{chat_number(number_max), {number_max, 0}}}}));
    EXPECT_EQ(event_id::parse("0:12,7:1.2"), (event_id{{}, 12, {{chat_number(7), {1, 2}}}}));
}

TEST(event_id, finds_the_position_of_a_chat) {
    const auto id = event_id::parse("aB3dE6gH:0:12,7:1042.3,9:1.0").value();
    EXPECT_EQ(id.find(chat_number(7)), (position{1042, 3}));
    EXPECT_EQ(id.find(chat_number(9)), (position{1, 0}));
    EXPECT_FALSE(id.find(chat_number(12)));
    EXPECT_FALSE(event_id::parse("aB3dE6gH:0:12")->find(chat_number(7)));
}

TEST(event_id, is_read_as_it_was_written) {
    std::mt19937_64 random(testing::seed());
    for (int round = 0; round < 5'000; ++round) {
        event_id id{generation::make(), {}, {}};
        const bool is_of_app = random() % 2 == 0;
        if (is_of_app) id.chats_count = some_counter(random);
        const auto chats = is_of_app ? random() % (event_id_chats_max + 1) : 1;
        while (id.chats.size() < chats) {
            const chat_number chat(1 + random() % number_max);
            if (!id.find(chat)) id.chats.push_back({chat, {some_counter(random), some_counter(random)}});
        }
        const auto text = text_of_id(id);
        ASSERT_EQ(event_id::parse(text), id) << text;
    }
}

TEST(event_id, names_at_most_64_chats_each_once) {
    std::string text;
    append_app(text, gen, 70);
    for (std::uint64_t chat = 1; chat <= event_id_chats_max; ++chat) append_chat(text, chat_number(chat), {chat, 0});
    ASSERT_TRUE(event_id::parse(text));
    EXPECT_EQ(event_id::parse(text)->chats.size(), event_id_chats_max);
    append_chat(text, chat_number(65), {1, 0});
    EXPECT_FALSE(event_id::parse(text));
    EXPECT_FALSE(event_id::parse("aB3dE6gH:0:12,7:1.0,7:1.0"));
    EXPECT_FALSE(event_id::parse("aB3dE6gH:7:1.0,8:1.0,7:2.0"));
}

TEST(event_id, that_is_malformed_is_refused) {
    for (const std::string_view malformed :
         {"", ":", "7", "7:", "7:1", "7:1.", "7:.1", "7:1.1.1", ":1.1", "7:1,1", "7: 1.1", " 7:1.1", "7:1.1 ", "7:1.1,",
          ",7:1.1", "7:+1.1", "7:-1.1", "7:1.-1", "7:01.1", "7:1.01", "07:1.1", "00:1", "7:0x1.1", "seven:1.1",
          // a number above the maximum
          "4294967296:1.1", "7:4294967296.1", "7:1.4294967296", "0:4294967296", "7:99999999999999999999.1",
          // the generation
          "aB3dE6g:7:1.1", "aB3dE6gH1:7:1.1", ":7:1.1", "aB3dE-gH:7:1.1", "aB3dE6gH", "aB3dE6gH:", "aB3dE6gH:7",
          "aB3dE6gH:7:", "aB3dE6gH:7:1", "aB3dE6gH:aB3dE6gH:7:1.1", "aB3dE6gH::1.1", "aB3dE6gH:7:1.1,aB3dE6gH:8:1.1",
          // the part of the app is the first, once, and one number
          "aB3dE6gH:0:1.1", "aB3dE6gH:0:", "aB3dE6gH:0:012", "aB3dE6gH:7:1.1,0:12", "aB3dE6gH:0:12,0:12",
          "aB3dE6gH:0:12,", "aB3dE6gH:0:12,,7:1.1", "aB3dE6gH:0:12,7", "aB3dE6gH:0:12;7:1.1",
          // offsets
          "-1", "now", "aB3dE6gH-0000000007-0000000003"})
        EXPECT_FALSE(event_id::parse(malformed)) << malformed;
    EXPECT_FALSE(event_id::parse(std::string_view("7:1.1\0", 6)));
}

TEST(offset, has_a_fixed_width) {
    EXPECT_EQ(text_of({gen, {1042, 3}}), "aB3dE6gH-0000001042-0000000003");
    EXPECT_EQ(text_of({gen, {0, 0}}), "aB3dE6gH-0000000000-0000000000");
    EXPECT_EQ(text_of({gen, {number_max, number_max}}), "aB3dE6gH-4294967295-4294967295");
}

TEST(offset, is_read_as_it_was_written) {
    std::mt19937_64 random(testing::seed());
    for (int round = 0; round < 5'000; ++round) {
        const offset written{generation::make(), {some_counter(random), some_counter(random)}};
        ASSERT_EQ(offset::parse(text_of(written)), written) << text_of(written);
    }
}

// A chat's positions never go back, and each moves in one counter or both.
TEST(offset, sorts_as_text_as_the_chat_grows) {
    std::mt19937_64 random(testing::seed());
    for (int round = 0; round < 200; ++round) {
        position at;
        std::vector<std::string> texts;
        while (at.messages <= number_max && at.changes <= number_max) {
            texts.push_back(text_of({gen, at}));
            const auto step = 1 + random() % (std::uint64_t{1} << random() % 32);
            if (random() % 3 != 0) at.messages += step;
            if (random() % 3 != 0) at.changes += step;
        }
        ASSERT_TRUE(std::ranges::is_sorted(texts));
    }
}

TEST(offset, that_is_malformed_is_refused) {
    for (const std::string_view malformed : {"",
                                             "-",
                                             "--",
                                             "-1",
                                             "now",
                                             "aB3dE6gH",
                                             "aB3dE6gH-0000000007",
                                             "aB3dE6gH-0000000007-",
                                             "aB3dE6gH-7-3",
                                             "aB3dE6gH-000000007-0000000003",
                                             "aB3dE6gH-00000000007-0000000003",
                                             "aB3dE6gH-0000000007-00000000003",
                                             "aB3dE6gH-0000000007-000000000x",
                                             "aB3dE6gH-+000000007-0000000003",
                                             "aB3dE6gH-0000000007--000000003",
                                             "aB3dE6gH-0000000007-0000000003-",
                                             "aB3dE6gH-0000000007-0000000003 ",
                                             " aB3dE6gH-0000000007-0000000003",
                                             "aB3dE6gH-4294967296-0000000003",
                                             "aB3dE6gH-0000000007-9999999999",
                                             "aB3dE6g-0000000007-0000000003",
                                             "aB3dE6gHH-0000000007-0000000003",
                                             "aB3dE6g_-0000000007-0000000003",
                                             "aB3dE6gH_0000000007_0000000003",
                                             "aB3dE6gH:7:7.3",
                                             "7:7.3"})
        EXPECT_FALSE(offset::parse(malformed)) << malformed;
}

}  // namespace
}  // namespace confab::core
