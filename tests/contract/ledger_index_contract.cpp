// The contract of every ledger for the index follower and for indexed searches.
#include <algorithm>

#include "contract/checked_ledger.hpp"

namespace confab::testing {
namespace {

using core::chat_id, core::chat_number, core::message_number;

std::vector<message_number> numbers(std::initializer_list<std::uint64_t> values) {
    return {values.begin(), values.end()};
}

chat_id id_of(checked_ledger& b, const core::app_token& token, std::uint64_t chat = 1) {
    return run(b.reader().find_chat(token, chat_number(chat))).value().id;
}

core::command removal(const core::app_token& token, std::uint64_t message) {
    return command(core::delete_message{token, chat_number(1), message_number(message), {}});
}

// A chat of five messages: the second edited twice, the fourth deleted.
core::app_token changed_chat(checked_ledger& b) {
    const auto token = b.new_chat();
    for (const auto* text : {"one", "two", "three", "four", "five"}) b.commit(command(new_message(token, 1, text)));
    b.commit({command(edit(token, 1, 2, "zwei")), command(edit(token, 1, 2, "deux")), removal(token, 4)});
    return token;
}

TEST_P(ledger_contract, counts_what_a_chat_holds) {
    checked_ledger b(GetParam().make);
    const auto chat = id_of(b, changed_chat(b));
    const auto at = run(b.reader().position_of(chat)).value();
    EXPECT_EQ(at.chat, chat);
    EXPECT_EQ(at.position.messages, 5U);
    EXPECT_EQ(at.position.changes, 3U);
    EXPECT_EQ(run(b.reader().position_of(chat_id(chat.value() + 1000))).error(), error::not_found);
}

TEST_P(ledger_contract, counts_every_chat_in_order_of_ids) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    std::vector<core::command> batch;
    for (int i = 1; i < 1'500; ++i) batch.push_back(command(core::create_chat{token}));
    b.commit(batch);
    b.commit(command(new_message(token, 1'200, "the only one")));
    std::vector<core::chat_position> all;
    for (chat_id after;;) {
        const auto slice = run(b.reader().positions_after(after)).value();
        if (slice.empty()) break;
        EXPECT_LE(slice.size(), ledger::slice_rows_max);
        all.insert(all.end(), slice.begin(), slice.end());
        after = slice.back().chat;
    }
    ASSERT_EQ(all.size(), 1'500U);
    EXPECT_TRUE(std::ranges::is_sorted(all, std::less(), &core::chat_position::chat));
    EXPECT_EQ(std::ranges::count(all, 1U, [](const auto& c) { return c.position.messages; }), 1);
    const auto last = run(b.reader().positions_after(all[1'498].chat)).value();
    ASSERT_EQ(last.size(), 1U);
    EXPECT_EQ(last[0].chat, all[1'499].chat);
}

TEST_P(ledger_contract, returns_the_changes_of_one_chat_from_any_position) {
    checked_ledger b(GetParam().make);
    const auto token = changed_chat(b);
    changed_chat(b);
    const auto chat = id_of(b, token);
    const auto all = run(b.reader().changes(chat, 0)).value();
    ASSERT_EQ(all.size(), 3U);
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].seq, i + 1);
    EXPECT_EQ(all[0].message, message_number(2));
    EXPECT_EQ(all[1].message, message_number(2));
    EXPECT_EQ(all[2].message, message_number(4));
    EXPECT_EQ(run(b.reader().changes(chat, 2)).value().size(), 1U);
    EXPECT_TRUE(run(b.reader().changes(chat, 3)).value().empty());
    EXPECT_TRUE(run(b.reader().changes(chat, core::number_max + 1)).value().empty());
}

TEST_P(ledger_contract, returns_many_changes_in_slices) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    b.commit(command(new_message(token, 1, "0")));
    std::vector<core::command> edits;
    for (int i = 1; i <= 1'500; ++i) edits.push_back(command(edit(token, 1, 1, std::to_string(i))));
    b.commit(edits);
    std::uint64_t seq = 0;
    for (;;) {
        const auto slice = run(b.reader().changes(id_of(b, token), seq)).value();
        if (slice.empty()) break;
        EXPECT_LE(slice.size(), ledger::slice_rows_max);
        for (const auto& c : slice) ASSERT_EQ(c.seq, ++seq);
    }
    EXPECT_EQ(seq, 1'500U);
}

void expect_changed_chat(std::span<const ledger::text> texts) {
    ASSERT_EQ(texts.size(), 5U);
    const std::optional<std::string> expected[] = {"one", "deux", "three", std::nullopt, "five"};
    const std::uint64_t versions[] = {1, 3, 1, 2, 1};
    for (std::size_t i = 0; i < texts.size(); ++i) {
        EXPECT_EQ(texts[i].number, message_number(i + 1));
        EXPECT_EQ(texts[i].content, expected[i]);
        EXPECT_EQ(texts[i].version, versions[i]);
    }
}

TEST_P(ledger_contract, returns_current_texts) {
    checked_ledger b(GetParam().make);
    const auto token = changed_chat(b);
    changed_chat(b);
    const auto chat = id_of(b, token);
    expect_changed_chat(run(b.reader().texts(chat, {.last = 5})).value());
    expect_changed_chat(run(b.reader().texts(chat, {.last = core::number_max + 9})).value());
    expect_changed_chat(run(b.auditor().texts(chat, {.last = 5})).value());
    expect_changed_chat(run(b.auditor().texts(chat, {.last = core::number_max + 9})).value());
    const auto middle = run(b.reader().texts(chat, {.after = 1, .last = 3})).value();
    ASSERT_EQ(middle.size(), 2U);
    EXPECT_EQ(middle[0].content, "deux");
    const auto down = run(b.reader().texts(chat, {.after = 1, .last = 9, .order = ledger::order::descending})).value();
    ASSERT_EQ(down.size(), 4U);
    EXPECT_EQ(down[3].content, "deux");
    EXPECT_EQ(run(b.auditor().texts(chat, {.after = 4, .last = 9})).value().size(), 1U);
    EXPECT_TRUE(run(b.auditor().texts(chat, {.after = 5, .last = 9})).value().empty());
}

TEST_P(ledger_contract, counts_the_messages_and_changes_of_all_chats) {
    checked_ledger b(GetParam().make);
    const auto before = run(b.auditor().counted_rows()).value();
    for (int i = 0; i < 2; ++i) id_of(b, changed_chat(b));  // a read forces a commit
    EXPECT_EQ(run(b.auditor().counted_rows()).value() - before, 2U * (5 + 3));
}

TEST_P(ledger_contract, audits_long_texts_in_slices) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    constexpr std::size_t text_bytes = 60'000, rows_of_a_slice = 3;
    for (int i = 0; i < 10; ++i) b.commit(command(new_message(token, 1, std::string(text_bytes, 'x'))));
    ledger::window w{.last = 8};
    for (const std::size_t expected : {rows_of_a_slice, rows_of_a_slice, std::size_t{2}, std::size_t{0}}) {
        const auto slice = run(b.auditor().texts(id_of(b, token), w)).value();
        EXPECT_EQ(slice.size(), expected);
        for (const auto& t : slice) ASSERT_EQ(t.number.value(), ++w.after);
    }
}

TEST_P(ledger_contract, returns_texts_by_number_in_the_requested_order) {
    checked_ledger b(GetParam().make);
    const auto chat = id_of(b, changed_chat(b));
    const auto asked = numbers({4, 2, 5});
    const auto texts = run(b.reader().texts(chat, asked)).value();
    ASSERT_EQ(texts.size(), 3U);
    EXPECT_EQ(texts[0].content, std::nullopt);
    EXPECT_EQ(texts[1].content, "deux");
    EXPECT_EQ(texts[1].version, 3U);
    EXPECT_EQ(texts[2].number, message_number(5));
    const auto twice = numbers({3, 1, 3});
    EXPECT_EQ(run(b.reader().texts(chat, twice)).value().size(), 3U);
    const auto missing = numbers({1, 6});
    EXPECT_EQ(run(b.reader().texts(chat, missing)).error(), error::not_found);
}

TEST_P(ledger_contract, finds_among_numbered_messages_those_that_match) {
    checked_ledger b(GetParam().make);
    const auto chat = id_of(b, changed_chat(b));
    const auto matching = [&](std::initializer_list<std::uint64_t> asked, const char* query) {
        const auto all = numbers(asked);
        const core::folded_query folded(query);
        const auto found = run(b.reader().matching(chat, all, folded)).value();
        EXPECT_EQ(found.examined, all.size());
        std::vector<message_number> hits;
        for (const auto& m : found.rows) hits.push_back(m.number);
        return hits;
    };
    EXPECT_EQ(matching({5, 4, 3, 2, 1}, "E"), numbers({5, 3, 2, 1}));
    EXPECT_EQ(matching({1, 5}, "E"), numbers({1, 5}));
    EXPECT_EQ(matching({2}, "two"), numbers({}));
    EXPECT_EQ(matching({4}, "four"), numbers({}));
    EXPECT_EQ(matching({9, 1}, "one"), numbers({1}));
}

TEST_P(ledger_contract, finds_among_many_numbered_messages) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    std::vector<core::command> batch;
    std::vector<message_number> all;
    for (std::uint64_t i = 1; i <= 300; ++i) {
        batch.push_back(command(new_message(token, 1, i % 3 == 0 ? "A Fox" : "a dog")));
        all.emplace_back(301 - i);
    }
    b.commit(batch);
    b.commit(command(core::delete_message{token, chat_number(1), message_number(30)}));
    const auto chat = run(b.reader().find_chat(token, chat_number(1))).value().id;
    const core::folded_query fox("fox");
    const auto some = numbers({9, 1, 3, 4000, 30, 6});
    const auto found = run(b.reader().matching(chat, some, fox)).value();
    EXPECT_EQ(found.examined, 6U);
    ASSERT_EQ(found.rows.size(), 3U);
    EXPECT_EQ(found.rows[0].number, message_number(9));
    EXPECT_EQ(found.rows[1].number, message_number(3));
    EXPECT_EQ(found.rows[2].number, message_number(6));
    EXPECT_EQ(found.rows[2].content, "A Fox");
    const auto whole = run(b.reader().matching(chat, all, fox)).value();
    EXPECT_EQ(whole.examined, 300U);
    EXPECT_EQ(whole.rows.size(), 99U);
    EXPECT_EQ(whole.rows.front().number, message_number(300));
    const std::vector<message_number> none;
    EXPECT_EQ(run(b.reader().matching(chat, none, fox)).value().examined, 0U);
    EXPECT_EQ(run(b.reader().texts(chat, all)).value().size(), 300U);
}

TEST_P(ledger_contract, ends_what_is_asked_for_by_number_early_where_it_is_heavy) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    std::vector<core::command> batch;
    std::vector<message_number> all;
    for (std::uint64_t i = 1; i <= 40; ++i) {
        batch.push_back(command(new_message(token, 1, std::string(65536, 'x'))));
        all.emplace_back(i);
    }
    b.commit(batch);
    const auto chat = run(b.reader().find_chat(token, chat_number(1))).value().id;
    constexpr auto few = ledger::slice_bytes_max / 65536;
    EXPECT_EQ(run(b.reader().texts(chat, all)).value().size(), few);
    EXPECT_EQ(run(b.reader().texts(chat, {.last = 40})).value().size(), few);
    const core::folded_query x("x"), y("y");
    const auto found = run(b.reader().matching(chat, all, x)).value();
    EXPECT_EQ(found.rows.size(), few);
    EXPECT_EQ(found.examined, few);
    const auto nothing = run(b.reader().matching(chat, all, y)).value();
    EXPECT_TRUE(nothing.rows.empty());
    EXPECT_EQ(nothing.examined, 40U);
}

}  // namespace
}  // namespace confab::testing
