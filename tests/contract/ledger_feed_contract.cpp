// The contract of every ledger for the live feed.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "contract/checked_ledger.hpp"

namespace confab::testing {
namespace {

using core::app_id, core::chat_id, core::chat_number, core::message_number;

app_id id_of(checked_ledger& b, const core::app_token& token) {
    return run(b.reader().find_app(token)).value().id;
}

chat_id id_of(checked_ledger& b, const core::app_token& token, std::uint64_t chat) {
    return run(b.reader().find_chat(token, chat_number(chat))).value().id;
}

core::command removal(const core::app_token& token, std::uint64_t message) {
    return command(core::delete_message{token, chat_number(1), message_number(message), {}});
}

core::command edit_with(const core::app_token& token, std::uint64_t message, const char* content,
                        const char* metadata) {
    auto payload = edit(token, 1, message, content);
    payload.metadata = metadata;
    return command(std::move(payload));
}

ledger::heads heads_of(checked_ledger& b, const std::vector<chat_id>& chats, const std::vector<app_id>& apps) {
    auto found = run(b.reader().read_heads(chats, apps)).value();
    std::ranges::sort(found.chats, {}, &core::chat_position::chat);
    std::ranges::sort(found.apps, {}, &ledger::app_counter::app);
    return found;
}

std::vector<ledger::changed_message> changes_of(checked_ledger& b, chat_id chat, ledger::window w) {
    return run(b.reader().changed_messages(chat, w)).value();
}

std::vector<std::uint64_t> seqs_of(checked_ledger& b, chat_id chat, ledger::window w) {
    std::vector<std::uint64_t> seqs;
    for (const auto& c : changes_of(b, chat, w)) seqs.push_back(c.seq);
    return seqs;
}

constexpr ledger::window all{.last = core::number_max};

// A chat of four messages, of which the last has a sender and metadata. Its six changes: the second is edited twice,
// the third deleted, the fourth edited and deleted, the first edited.
core::app_token changed_chat(checked_ledger& b) {
    const auto token = b.new_chat();
    for (const auto* text : {"one", "two", "three"}) b.commit(command(new_message(token, 1, text)));
    auto signed_message = new_message(token, 1, "four");
    signed_message.sender = valid<core::sender_name>("ann");
    signed_message.metadata = R"({"a":1})";
    b.commit(command(std::move(signed_message)));
    b.commit({edit_with(token, 2, "zwei", R"({"b":1})"), command(edit(token, 1, 2, "deux")), removal(token, 3)});
    b.commit(command(edit(token, 1, 4, "vier")));
    b.commit({removal(token, 4), command(edit(token, 1, 1, "un"))});
    return token;
}

TEST_P(ledger_contract, counts_requested_chats_and_apps) {
    checked_ledger b(GetParam().make);
    const auto changed = changed_chat(b), with_two = b.new_chat(), without = b.new_app();
    b.commit(command(core::create_chat{with_two}));
    b.commit(command(new_message(with_two, 2, "the only one")));
    const std::vector<app_id> apps{id_of(b, changed), id_of(b, with_two), id_of(b, without)};
    const std::vector<chat_id> chats{id_of(b, changed, 1), id_of(b, with_two, 1), id_of(b, with_two, 2)};

    const auto found = heads_of(b, chats, apps);
    EXPECT_EQ(found.chats,
              (std::vector<core::chat_position>{{chats[0], {4, 6}}, {chats[1], {0, 0}}, {chats[2], {1, 0}}}));
    EXPECT_EQ(found.apps, (std::vector<ledger::app_counter>{{apps[0], 1}, {apps[1], 2}, {apps[2], 0}}));

    const auto some = heads_of(b, {chats[2], chats[0]}, {apps[1]});
    EXPECT_EQ(some.chats, (std::vector<core::chat_position>{{chats[0], {4, 6}}, {chats[2], {1, 0}}}));
    EXPECT_EQ(some.apps, (std::vector<ledger::app_counter>{{apps[1], 2}}));
    EXPECT_TRUE(heads_of(b, {chats[0]}, {}).apps.empty());
    EXPECT_TRUE(heads_of(b, {}, {apps[0]}).chats.empty());
}

TEST_P(ledger_contract, leaves_out_counters_of_unknown_chats_and_apps) {
    checked_ledger b(GetParam().make);
    const auto token = changed_chat(b);
    const auto app = id_of(b, token);
    const auto chat = id_of(b, token, 1);
    const chat_id unknown_chat(chat.value() + 1000);
    const app_id unknown_app(app.value() + 1000);
    const auto found = heads_of(b, {unknown_chat, chat}, {unknown_app, app});
    EXPECT_EQ(found.chats, (std::vector<core::chat_position>{{chat, {4, 6}}}));
    EXPECT_EQ(found.apps, (std::vector<ledger::app_counter>{{app, 1}}));
    const auto none = heads_of(b, {unknown_chat}, {unknown_app});
    EXPECT_TRUE(none.chats.empty());
    EXPECT_TRUE(none.apps.empty());
}

TEST_P(ledger_contract, counts_many_chats_and_apps) {
    checked_ledger b(GetParam().make);
    std::vector<core::command> parents, messages;
    std::vector<core::app_token> tokens;
    for (int i = 0; i < 300; ++i) {
        const auto& token = tokens.emplace_back(core::app_token::make());
        parents.push_back(command(testing::new_app(token, "an app")));
        parents.push_back(command(core::create_chat{token}));
        messages.push_back(command(new_message(token, 1, "a message")));
    }
    b.commit(parents);
    b.commit(messages);
    std::vector<app_id> apps;
    std::vector<chat_id> chats;
    for (const auto& token : tokens) {
        apps.push_back(id_of(b, token));
        chats.push_back(id_of(b, token, 1));
    }
    const auto found = heads_of(b, chats, apps);
    ASSERT_EQ(found.chats.size(), tokens.size());
    ASSERT_EQ(found.apps.size(), tokens.size());
    for (const auto& c : found.chats) ASSERT_EQ(c.position, (core::position{1, 0}));
    for (const auto& a : found.apps) ASSERT_EQ(a.chats_count, 1U);
    EXPECT_TRUE(std::ranges::equal(found.apps, apps, {}, &ledger::app_counter::app));
}

TEST_P(ledger_contract, shows_counters_and_changed_messages_right_after_the_commit) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    const auto app = id_of(b, token);
    const auto chat = id_of(b, token, 1);
    for (std::uint64_t i = 1; i <= 20; ++i) {
        b.commit(command(new_message(token, 1, "a message")));
        ASSERT_EQ(heads_of(b, {chat}, {}).chats, (std::vector<core::chat_position>{{chat, {i, i - 1}}}));
        b.commit(command(edit(token, 1, i, "edit " + std::to_string(i))));
        const auto changed = changes_of(b, chat, {.after = i - 1, .last = i});
        ASSERT_EQ(changed.size(), 1U);
        ASSERT_EQ(changed[0].message.content, "edit " + std::to_string(i));
        ASSERT_EQ(heads_of(b, {chat}, {}).chats, (std::vector<core::chat_position>{{chat, {i, i}}}));
        b.commit(command(core::create_chat{token}));
        ASSERT_EQ(heads_of(b, {}, {app}).apps, (std::vector<ledger::app_counter>{{app, i + 1}}));
    }
}

TEST_P(ledger_contract, keeps_its_generation) {
    checked_ledger b(GetParam().make);
    const auto first = b.reader().generation();
    EXPECT_EQ(heads_of(b, {}, {}).generation, first);
    const auto token = changed_chat(b);
    EXPECT_EQ(b.reader().generation(), first);
    EXPECT_EQ(heads_of(b, {id_of(b, token, 1)}, {id_of(b, token)}).generation, first);
    b.reopen();
    EXPECT_EQ(b.reader().generation(), first);
    EXPECT_EQ(heads_of(b, {id_of(b, token, 1)}, {}).generation, first);
}

void expect_same(const core::message& found, const core::message& expected) {
    EXPECT_EQ(found.number, expected.number);
    EXPECT_EQ(found.content, expected.content);
    EXPECT_EQ(found.sender, expected.sender);
    EXPECT_EQ(found.metadata, expected.metadata);
    EXPECT_EQ(found.version, expected.version);
    EXPECT_EQ(found.created_at, expected.created_at);
    EXPECT_EQ(found.updated_at, expected.updated_at);
    EXPECT_EQ(found.deleted_at, expected.deleted_at);
}

TEST_P(ledger_contract, returns_changed_messages_as_they_are_now) {
    checked_ledger b(GetParam().make);
    const auto token = changed_chat(b);
    changed_chat(b);
    const auto found = changes_of(b, id_of(b, token, 1), all);
    const std::uint64_t numbers[] = {2, 2, 3, 4, 4, 1};
    const bool deletions[] = {false, false, true, false, true, false};
    ASSERT_EQ(found.size(), std::size(numbers));
    for (std::size_t i = 0; i < found.size(); ++i) {
        SCOPED_TRACE(i);
        EXPECT_EQ(found[i].seq, i + 1);
        EXPECT_EQ(found[i].is_deletion, deletions[i]);
        ASSERT_EQ(found[i].message.number, message_number(numbers[i]));
        expect_same(found[i].message, b.message(token, 1, numbers[i]).value());
    }
    EXPECT_EQ(found[0].message.content, "deux");
    EXPECT_EQ(found[0].message.version, 3U);
    EXPECT_EQ(found[0].message.metadata, R"({"b":1})");
    EXPECT_TRUE(found[2].message.deleted_at);
    const auto& edited_then_deleted = found[3].message;
    EXPECT_TRUE(edited_then_deleted.deleted_at);
    EXPECT_EQ(edited_then_deleted.content, "");
    EXPECT_EQ(edited_then_deleted.metadata, std::nullopt);
    EXPECT_EQ(edited_then_deleted.sender, "ann");
    EXPECT_EQ(edited_then_deleted.version, 3U);
}

TEST_P(ledger_contract, returns_the_changed_messages_of_a_window_in_ascending_order) {
    checked_ledger b(GetParam().make);
    const auto token = changed_chat(b);
    const auto unchanged = id_of(b, b.new_chat(), 1);
    changed_chat(b);
    const auto chat = id_of(b, token, 1);
    using seqs = std::vector<std::uint64_t>;
    EXPECT_EQ(seqs_of(b, chat, {.last = 6}), (seqs{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(seqs_of(b, chat, {.last = core::number_max + 9}), (seqs{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(seqs_of(b, chat, {.after = 2, .last = 4}), (seqs{3, 4}));
    EXPECT_EQ(seqs_of(b, chat, {.after = 5, .last = 100}), (seqs{6}));
    EXPECT_EQ(seqs_of(b, chat, {.after = 1, .last = 5, .order = ledger::order::descending}), (seqs{2, 3, 4, 5}));
    EXPECT_EQ(seqs_of(b, chat, {.after = 1, .last = 6, .rows_max = 2}), (seqs{2, 3}));
    EXPECT_EQ(seqs_of(b, chat, {.last = 6, .order = ledger::order::descending, .rows_max = 1}), (seqs{1}));
    EXPECT_EQ(seqs_of(b, chat, {.after = 6, .last = 100}), seqs());
    EXPECT_EQ(seqs_of(b, chat, {.after = 3, .last = 3}), seqs());
    EXPECT_EQ(seqs_of(b, chat, {.after = 4, .last = 3}), seqs());
    EXPECT_EQ(seqs_of(b, chat, {.after = core::number_max + 1, .last = core::number_max + 9}), seqs());
    EXPECT_EQ(seqs_of(b, unchanged, all), seqs());
    EXPECT_EQ(seqs_of(b, chat_id(chat.value() + 1000), all), seqs());
}

// Reads all changes of the chat, slice by slice, and checks the limits of each. Returns the last seq.
std::uint64_t walk_changes(checked_ledger& b, chat_id chat) {
    ledger::window w = all;
    for (;;) {
        const auto slice = changes_of(b, chat, w);
        if (slice.empty()) return w.after;
        EXPECT_LE(slice.size(), ledger::slice_rows_max);
        std::size_t bytes = 0;
        for (const auto& c : slice) {
            EXPECT_LT(bytes, ledger::slice_bytes_max) << "a row after the slice was full";
            bytes += c.message.content.size();
            EXPECT_EQ(c.seq, w.after + 1);
            w.after = c.seq;
        }
    }
}

TEST_P(ledger_contract, returns_many_changed_messages_in_slices) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    b.commit({command(new_message(token, 1, "0")), command(new_message(token, 1, "1"))});
    std::vector<core::command> edits;
    for (std::uint64_t i = 1; i <= 1'500; ++i) edits.push_back(command(edit(token, 1, 1 + i % 2, std::to_string(i))));
    b.commit(edits);
    const auto chat = id_of(b, token, 1);
    EXPECT_EQ(walk_changes(b, chat), 1'500U);
    const auto found = changes_of(b, chat, {.after = 1'400, .last = 1'500});
    ASSERT_FALSE(found.empty());
    for (const auto& c : found) {
        ASSERT_EQ(c.message.number.value(), 1 + c.seq % 2);
        ASSERT_EQ(c.message.content, c.message.number.value() == 1 ? "1500" : "1499");
    }
}

TEST_P(ledger_contract, returns_long_changed_messages_in_slices) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    const std::string text(60'000, 'x');
    std::vector<core::command> batch;
    for (int i = 0; i < 5; ++i) batch.push_back(command(new_message(token, 1, text)));
    for (std::uint64_t i = 0; i < 20; ++i) batch.push_back(command(edit(token, 1, 1 + i % 5, text + "y")));
    b.commit({batch.begin(), batch.begin() + 5});
    b.commit({batch.begin() + 5, batch.end()});
    const auto chat = id_of(b, token, 1);
    EXPECT_EQ(walk_changes(b, chat), 20U);
    b.commit(removal(token, 3));
    EXPECT_EQ(walk_changes(b, chat), 21U);
}

}  // namespace
}  // namespace confab::testing
