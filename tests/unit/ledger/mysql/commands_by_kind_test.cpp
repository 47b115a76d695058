#include "ledger/mysql/commands_by_kind.hpp"

#include <gtest/gtest.h>

#include "support/commands.hpp"

namespace confab::testing {
namespace {

using core::app_token, core::chat_number, core::message_number;
using ledger::mysql::chat_locator, ledger::mysql::commands_by_kind;
using ledger::mysql::named_apps, ledger::mysql::named_chats;

constexpr core::epoch_id epoch{std::byte{1}};

template <class Payload>
core::command through(Payload payload, core::partition_number p, std::uint64_t entry) {
    auto c = command(std::move(payload));
    c.delivery = core::delivery{p, epoch, {1000, entry}, {}};
    return c;
}

class commands_by_kind_test : public ::testing::Test {
protected:
    commands_by_kind sort() const {
        std::vector<const core::command*> pointers;
        for (const auto& c : batch) pointers.push_back(&c);
        return commands_by_kind(pointers);
    }

    const app_token first = app_token::make(), second = app_token::make();
    std::vector<core::command> batch;
};

TEST_F(commands_by_kind_test, of_an_empty_batch_are_empty) {
    const auto sorted = sort();
    EXPECT_TRUE(sorted.named.apps.empty() && sorted.named.chats.empty() && sorted.named.messages.empty() &&
                sorted.named.with_key.empty());
    EXPECT_EQ(sorted.new_apps + sorted.new_chats, 0U);
    EXPECT_TRUE(sorted.unreadable.empty() && sorted.partitions.empty());
}

TEST_F(commands_by_kind_test, name_each_app_and_chat_once) {
    batch = {command(new_message(first, 1, "a")), command(new_message(first, 1, "b")),
             command(new_message(first, 2, "c")), command(core::create_chat{second}),
             command(core::create_chat{second})};
    const auto named = sort().named;
    EXPECT_EQ(named.apps, (named_apps{first, second}));
    EXPECT_EQ(named.chats, (named_chats{{first, chat_number(1)}, {first, chat_number(2)}}));
    EXPECT_TRUE(named.messages.empty());
}

TEST_F(commands_by_kind_test, name_what_each_kind_writes_to) {
    const auto renamed = app_token::make(), edited = app_token::make(), deleted = app_token::make();
    batch = {command(new_app(app_token::make(), "a")), command(core::rename_app{renamed, valid<core::app_name>("b")}),
             command(edit(edited, 3, 4, "c")),
             command(core::delete_message{deleted, chat_number(5), message_number(6)}), command(core::unreadable{"d"})};
    const auto named = sort().named;
    EXPECT_EQ(named.apps, (named_apps{renamed, edited, deleted}));
    const chat_locator of_edited{edited, chat_number(3)}, of_deleted{deleted, chat_number(5)};
    EXPECT_EQ(named.chats, (named_chats{of_edited, of_deleted}));
    ASSERT_EQ(named.messages.size(), 2U);
    EXPECT_EQ(named.messages[0].chat, of_edited);
    EXPECT_EQ(named.messages[0].message, message_number(4));
    EXPECT_EQ(named.messages[1].chat, of_deleted);
    EXPECT_EQ(named.messages[1].message, message_number(6));
}

TEST_F(commands_by_kind_test, count_the_apps_and_chats_they_may_create) {
    batch = {command(new_app(first, "a")), command(core::create_chat{first}), command(core::create_chat{second}),
             command(new_message(first, 1, "b"))};
    EXPECT_EQ(sort().new_apps, 1U);
    EXPECT_EQ(sort().new_chats, 2U);
}

TEST_F(commands_by_kind_test, list_those_with_a_key_and_those_that_cannot_be_read) {
    batch = {command(new_message(first, 1, "a")), command(new_message(first, 1, "b"), core::idempotency_key{}),
             command(core::unreadable{"c"})};
    const auto sorted = sort();
    EXPECT_EQ(sorted.named.with_key, std::vector<const core::command*>{&batch[1]});
    ASSERT_EQ(sorted.unreadable.size(), 1U);
    EXPECT_EQ(sorted.unreadable[0].command, &batch[2]);
    EXPECT_EQ(sorted.unreadable[0].bytes, "c");
}

TEST_F(commands_by_kind_test, hold_the_first_and_last_entry_of_each_partition) {
    batch = {through(core::create_chat{first}, 3, 5), through(core::create_chat{second}, 4, 9),
             through(core::unreadable{"a"}, 3, 4), through(core::create_chat{first}, 3, 7),
             command(core::create_chat{first})};
    const auto partitions = sort().partitions;
    ASSERT_EQ(partitions.size(), 2U);
    EXPECT_EQ(partitions.at(3).epoch, epoch);
    EXPECT_EQ(partitions.at(3).first, (core::entry_id{1000, 4}));
    EXPECT_EQ(partitions.at(3).last, (core::entry_id{1000, 7}));
    EXPECT_EQ(partitions.at(4).first, (core::entry_id{1000, 9}));
    EXPECT_EQ(partitions.at(4).last, (core::entry_id{1000, 9}));
}

}  // namespace
}  // namespace confab::testing
