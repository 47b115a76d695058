#include "core/batch_effects.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "support/seed.hpp"

namespace confab::core {
namespace {

using touched = std::vector<batch_effects::touched_chat>;
using changed = std::vector<batch_effects::changed_message>;

touched chats_of(const batch_effects& effects) {
    return {effects.chats().begin(), effects.chats().end()};
}
changed changed_in(const batch_effects& effects) {
    return {effects.changed_messages().begin(), effects.changed_messages().end()};
}

effect creation(std::uint64_t chat, std::uint64_t number) {
    return message_created{chat_id(chat), message_number(number), "text", {}, {}, {}, {}};
}
effect edit(std::uint64_t chat, std::uint64_t number, std::uint64_t seq) {
    return message_edited{chat_id(chat), message_number(number), "text", {}, 2, seq, {}, {}};
}
effect deletion(std::uint64_t chat, std::uint64_t number, std::uint64_t seq) {
    return message_deleted{chat_id(chat), message_number(number), 3, seq, {}, {}};
}

void expect_empty(const batch_effects& effects) {
    EXPECT_TRUE(effects.empty());
    EXPECT_EQ(effects.begin(), effects.end());
    EXPECT_TRUE(effects.chats().empty());
    EXPECT_TRUE(effects.changed_messages().empty());
    EXPECT_FALSE(effects.changes_apps());
    EXPECT_FALSE(effects.uses_keys());
}

TEST(batch_effects, keep_every_effect_in_its_order) {
    const batch_effects effects{creation(7, 1), edit(7, 1, 1), creation(8, 1), deletion(7, 1, 2)};
    ASSERT_EQ(effects.size(), 4U);
    EXPECT_EQ(std::get<message_created>(effects[0]).chat, chat_id(7));
    EXPECT_EQ(std::get<message_edited>(effects[1]).seq, 1U);
    EXPECT_EQ(std::get<message_created>(effects[2]).chat, chat_id(8));
    EXPECT_EQ(std::get<message_deleted>(effects[3]).seq, 2U);
}

TEST(batch_effects, have_each_chat_once_with_its_last_message_and_change) {
    const batch_effects effects{creation(9, 4),    creation(7, 1), edit(7, 1, 5), creation(9, 5),
                                deletion(7, 1, 6), creation(7, 2), edit(8, 3, 1)};
    EXPECT_EQ(chats_of(effects), (touched{{chat_id(9), 5, 0}, {chat_id(7), 2, 6}, {chat_id(8), 0, 1}}));
}

TEST(batch_effects, list_every_edit_and_deletion_of_a_message) {
    const batch_effects effects{edit(7, 2, 1), creation(7, 3), deletion(8, 1, 1), edit(7, 2, 2)};
    EXPECT_EQ(
        changed_in(effects),
        (changed{{chat_id(7), message_number(2)}, {chat_id(8), message_number(1)}, {chat_id(7), message_number(2)}}));
}

TEST(batch_effects, report_whether_apps_change) {
    const auto token = app_token::make();
    EXPECT_TRUE((batch_effects{app_created{app_id(1), token, "name", {}, {}}}).changes_apps());
    EXPECT_TRUE((batch_effects{app_renamed{app_id(1), "name", {}, {}}}).changes_apps());
    const batch_effects with_chat{chat_created{chat_id(7), app_id(1), chat_number(1), {}, {}}};
    EXPECT_TRUE(with_chat.changes_apps());
    EXPECT_EQ(chats_of(with_chat), touched{{chat_id(7)}});
    EXPECT_FALSE((batch_effects{creation(7, 1), edit(7, 1, 1), deletion(7, 1, 2), key_used{}}).changes_apps());
}

TEST(batch_effects, report_whether_keys_are_used) {
    EXPECT_TRUE((batch_effects{creation(7, 1), key_used{}, creation(7, 2)}).uses_keys());
    EXPECT_FALSE((batch_effects{creation(7, 1), edit(7, 1, 1)}).uses_keys());
}

TEST(batch_effects, are_empty_after_clear) {
    batch_effects effects;
    expect_empty(effects);
    effects.clear();
    effects.add(chat_created{chat_id(7), app_id(1), chat_number(1), {}, {}});
    effects.add(edit(7, 1, 1));
    effects.add(key_used{});
    effects.clear();
    expect_empty(effects);
    effects.add(creation(8, 3));
    EXPECT_EQ(chats_of(effects), (touched{{chat_id(8), 3, 0}}));
}

TEST(batch_effects, keep_fields_in_place_until_clear) {
    batch_effects effects;
    for (int round = 0; round < 2; ++round) {
        std::vector<const unchanged_fields*> kept;
        for (int i = 0; i < 1'000; ++i) {
            const auto text = std::to_string(i);
            kept.push_back(effects.keep({"sender " + text, text, {i}}));
            effects.add(
                message_edited{chat_id(7), message_number(1), "text", {}, 2, 1, {}, {}, chat_number(3), kept.back()});
        }
        for (int i = 0; i < 1'000; ++i) {
            const auto index = static_cast<std::size_t>(i);
            ASSERT_EQ(std::get<message_edited>(effects[index]).unchanged, kept[index]);
            ASSERT_EQ(kept[index]->sender, "sender " + std::to_string(i));
            ASSERT_EQ(kept[index]->metadata, std::to_string(i));
            ASSERT_EQ(kept[index]->created_at, timestamp{i});
        }
        effects.clear();
        expect_empty(effects);
    }
}

// Ids are near each other, as a ledger gives them, or spread over all bits. Large batches let the table grow.
TEST(batch_effects, have_each_of_many_chats_once) {
    std::mt19937_64 random(testing::seed());
    batch_effects effects;
    for (const std::size_t size : {1U, 100U, 5'000U, 30U, 1'000U}) {
        for (const std::uint64_t ids : {std::uint64_t{2}, std::uint64_t{700}, ~std::uint64_t{0}}) {
            effects.clear();
            std::map<chat_id, batch_effects::touched_chat> expected;
            std::vector<chat_id> order;
            for (std::size_t i = 0; i < size; ++i) {
                const chat_id chat(random() % ids);
                auto& last = expected.try_emplace(chat, batch_effects::touched_chat{chat}).first->second;
                if (last.last_message + last.last_change == 0) order.push_back(chat);
                if (random() % 3 > 0)
                    effects.add(creation(chat.value(), ++last.last_message));
                else
                    effects.add(edit(chat.value(), 1, ++last.last_change));
            }
            touched wanted;
            for (const auto chat : order) wanted.push_back(expected.at(chat));
            ASSERT_EQ(chats_of(effects), wanted);
        }
    }
}

}  // namespace
}  // namespace confab::core
