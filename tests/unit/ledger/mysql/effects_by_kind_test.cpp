#include "ledger/mysql/effects_by_kind.hpp"

#include <gtest/gtest.h>

#include "ledger/mysql/store.hpp"

namespace confab::testing {
namespace {

using core::app_id, core::app_token, core::chat_id, core::chat_number, core::effect, core::message_number;
using ledger::mysql::counter_updates, ledger::mysql::effects_by_kind, ledger::mysql::notes_for_index;
using ledger::mysql::number_range, ledger::mysql::number_ranges;

effect message(std::uint64_t chat, std::uint64_t number, std::int64_t at = 0) {
    return core::message_created{chat_id(chat), message_number(number), "text", {}, {}, {at}, {}};
}

effect edit(std::uint64_t chat, std::uint64_t number, std::uint64_t seq, std::optional<std::string_view> metadata = {},
            std::int64_t at = 0) {
    return core::message_edited{chat_id(chat), message_number(number), "new", metadata, seq + 1, seq, {at}, {}};
}

effect deletion(std::uint64_t chat, std::uint64_t number, std::uint64_t seq) {
    return core::message_deleted{chat_id(chat), message_number(number), seq + 1, seq, {}, {}};
}

effect chat(std::uint64_t id, std::uint64_t app, std::uint64_t number) {
    return core::chat_created{chat_id(id), app_id(app), chat_number(number), {}, {}};
}

TEST(effects_by_kind, of_an_empty_batch_are_empty) {
    const effects_by_kind sorted({});
    const auto& [apps, renames, chats, messages, changes, keys] = sorted.rows;
    EXPECT_TRUE(apps.empty() && renames.empty() && chats.empty() && messages.empty() && changes.empty() &&
                keys.empty());
    EXPECT_EQ(counter_updates(sorted.counters), "");
}

TEST(effects_by_kind, put_every_effect_into_one_list_in_its_order) {
    const std::vector<effect> effects{
        core::key_used{{}, {}, {}, 1, {}},
        message(7, 1),
        core::app_created{app_id(1), app_token::make(), "an app", {}, {}},
        chat(7, 1, 1),
        edit(7, 1, 1),
        core::app_renamed{app_id(1), "another name", {}, {}},
        message(8, 1),
        deletion(7, 1, 2),
        core::key_used{{}, {}, {}, 2, {}},
    };
    const effects_by_kind sorted(effects);
    const auto& [apps, renames, chats, messages, changes, keys] = sorted.rows;
    using std::get, std::vector;
    EXPECT_EQ(keys, (vector{&get<core::key_used>(effects[0]), &get<core::key_used>(effects[8])}));
    EXPECT_EQ(messages, (vector{&get<core::message_created>(effects[1]), &get<core::message_created>(effects[6])}));
    EXPECT_EQ(apps, vector{&get<core::app_created>(effects[2])});
    EXPECT_EQ(chats, vector{&get<core::chat_created>(effects[3])});
    EXPECT_EQ(renames, vector{&get<core::app_renamed>(effects[5])});
    ASSERT_EQ(changes.size(), 1U);
    const auto& changed = changes.at({chat_id(7), message_number(1)});
    EXPECT_EQ(changed.edits, vector{&get<core::message_edited>(effects[4])});
    EXPECT_EQ(changed.deletion, &get<core::message_deleted>(effects[7]));
}

TEST(effects_by_kind, keep_the_last_metadata_that_an_edit_brings) {
    const std::vector<effect> effects{edit(7, 1, 1, "{\"a\":1}"), edit(7, 1, 2, "{\"a\":2}"), edit(7, 1, 3),
                                      edit(7, 2, 4)};
    const effects_by_kind sorted(effects);
    EXPECT_EQ(sorted.rows.changes.at({chat_id(7), message_number(1)}).metadata(), "{\"a\":2}");
    EXPECT_EQ(sorted.rows.changes.at({chat_id(7), message_number(2)}).metadata(), std::nullopt);
}

TEST(effects_by_kind, hold_the_numbers_that_each_collection_was_given) {
    const std::vector<effect> effects{chat(7, 1, 4), message(7, 1), message(8, 20),    message(7, 2), chat(9, 1, 5),
                                      message(7, 3), edit(7, 2, 1), deletion(7, 3, 2), edit(8, 1, 30)};
    const auto counters = effects_by_kind(effects).counters;
    EXPECT_EQ(counters.chats, (number_ranges<app_id>{{app_id(1), {4, 5}}}));
    EXPECT_EQ(counters.messages, (number_ranges<chat_id>{{chat_id(7), {1, 3}}, {chat_id(8), {20, 20}}}));
    EXPECT_EQ(counters.changes, (number_ranges<chat_id>{{chat_id(7), {1, 2}}, {chat_id(8), {30, 30}}}));
    EXPECT_EQ(counter_updates(counters),
              "update apps set chats_count = case id when 1 then 5 end where id in (1);"
              "update chats set messages_count = case id when 7 then 3 when 8 then 20 end where id in (7,8);"
              "update chats set changes_count = case id when 7 then 2 when 8 then 30 end where id in (7,8);");
}

std::string notes(const std::vector<effect>& effects, std::uint64_t after = 10) {
    const auto all = notes_for_index(effects_by_kind(effects), after, {});
    const auto begin = all.find('('), rows = all.find('(', begin + 1);
    return all.empty() ? "" : all.substr(rows, all.find(" on ") - rows);
}

TEST(notes_for_index, hold_the_last_multiple_that_a_chat_passed) {
    EXPECT_EQ(notes({message(7, 8), message(7, 9)}), "");
    EXPECT_EQ(notes({message(7, 9), message(7, 10)}), "(7,10,0,0)");
    EXPECT_EQ(notes({message(7, 10), message(7, 11)}), "(7,10,0,0)");
    EXPECT_EQ(notes({message(7, 11), message(7, 12)}), "");
    EXPECT_EQ(notes({message(7, 9), message(7, 10), message(7, 11), message(7, 12)}, 1), "(7,12,0,0)");
    std::vector<effect> many;
    for (std::uint64_t number = 5; number <= 34; ++number) many.push_back(message(7, number));
    EXPECT_EQ(notes(many), "(7,30,0,0)");
    EXPECT_EQ(notes(many, 0), "");
}

TEST(notes_for_index, hold_every_chat_with_changes_and_the_time_of_the_batch) {
    EXPECT_EQ(notes({message(7, 3), deletion(7, 3, 1), message(8, 10), edit(7, 2, 2, {}, 5), edit(9, 1, 6, {}, 5)}),
              "(7,0,2,5),(8,10,0,5),(9,0,6,5)");
}

}  // namespace
}  // namespace confab::testing
