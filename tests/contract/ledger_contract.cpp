#include "contract/ledger_contract.hpp"

#include <algorithm>

#include "contract/checked_ledger.hpp"

namespace confab::testing {
namespace {

using core::app_token, core::chat_number, core::message_number;

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ledger_contract);

TEST_P(ledger_contract, empty_has_nothing_to_find) {
    checked_ledger b(GetParam().make);
    EXPECT_EQ(run(b.reader().find_app(app_token::make())).error(), error::not_found);
    EXPECT_EQ(run(b.reader().find_chat(app_token::make(), chat_number(1))).error(), error::not_found);
    EXPECT_EQ(b.message(app_token::make(), 1, 1).error(), error::not_found);
    EXPECT_EQ(run(b.reader().last_app()).value(), core::app_id(0));
}

TEST_P(ledger_contract, keeps_what_was_applied_through_a_restart) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_app("näme 😀");
    EXPECT_EQ(number_of(b.commit(command(core::create_chat{token}))), 1U);
    auto full = new_message(token, 1, "content\n\"'; drop table messages; --");
    full.sender = valid<core::sender_name>("ann");
    full.metadata = R"({"a":1})";
    EXPECT_EQ(number_of(b.commit(command(full))), 1U);
    EXPECT_EQ(number_of(b.commit(command(new_message(token, 1, "plain")))), 2U);
    b.reopen();
    const auto app = run(b.reader().find_app(token)).value();
    EXPECT_EQ(app.name, "näme 😀");
    EXPECT_EQ(app.chats_count, 1U);
    EXPECT_EQ(run(b.reader().find_app(app.id)).value().token, token);
    EXPECT_EQ(run(b.reader().find_chat(token, chat_number(1))).value().messages_count, 2U);
    const auto message = b.message(token, 1, 1).value();
    EXPECT_EQ(message.content, full.content.text());
    EXPECT_EQ(message.sender, "ann");
    EXPECT_EQ(message.metadata, R"({"a":1})");
    EXPECT_EQ(message.version, 1U);
    EXPECT_EQ(b.message(token, 1, 2).value().sender, std::nullopt);
    EXPECT_EQ(number_of(b.commit(command(new_message(token, 1, "goes on")))), 3U);
}

TEST_P(ledger_contract, goes_on_counting_after_its_state_was_dropped) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    for (std::uint64_t i = 1; i <= 20; ++i) {
        EXPECT_EQ(number_of(b.commit(command(new_message(token, 1, "x")))), i);
        EXPECT_EQ(number_of(b.commit(command(core::create_chat{token}))), i + 1);
        b.drop_state();
    }
}

TEST_P(ledger_contract, separates_adjacent_chats) {
    checked_ledger b(GetParam().make);
    const auto mine = b.new_chat(), other = b.new_chat();
    b.commit(command(core::create_chat{mine}));
    for (const auto chat : {1, 2})
        b.commit(command(new_message(mine, static_cast<std::uint64_t>(chat), "mine " + std::to_string(chat))));
    b.commit(command(new_message(other, 1, "other")));
    EXPECT_EQ(b.message(mine, 1, 1).value().content, "mine 1");
    EXPECT_EQ(b.message(mine, 2, 1).value().content, "mine 2");
    EXPECT_EQ(b.message(other, 1, 1).value().content, "other");
    EXPECT_EQ(b.message(mine, 1, 2).error(), error::not_found);
    EXPECT_EQ(b.message(mine, 1, core::number_max).error(), error::not_found);
    const auto chat = run(b.reader().find_chat(mine, chat_number(1))).value();
    for (const auto order : {ledger::order::ascending, ledger::order::descending}) {
        for (const auto last : {core::number_max, core::number_max + 5, core::number_max << 20}) {
            const auto rows = run(b.reader().messages(chat.id, {.last = last, .order = order})).value();
            ASSERT_EQ(rows.size(), 1U);
            EXPECT_EQ(rows[0].content, "mine 1");
        }
    }
}

TEST_P(ledger_contract, decides_a_batch_as_one_after_the_other) {
    checked_ledger b(GetParam().make);
    const auto token = app_token::make();
    const auto answers =
        b.commit({command(new_app(token, "a")), command(core::create_chat{token}),
                  command(new_message(token, 1, "one")), command(new_message(token, 2, "no such chat")),
                  command(new_message(token, 1, "two")), command(core::create_chat{token})});
    EXPECT_EQ(number_of(answers[2]), 1U);
    EXPECT_EQ(answers[3].error(), error::not_found);
    EXPECT_EQ(number_of(answers[4]), 2U);
    EXPECT_EQ(number_of(answers[5]), 2U);
    EXPECT_EQ(b.message(token, 1, 2).value().content, "two");
}

TEST_P(ledger_contract, keeps_the_history_of_edits) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    b.commit(command(new_message(token, 1, "first")));
    auto with_metadata = edit(token, 1, 1, "second");
    with_metadata.metadata = R"({"b":2})";
    const auto answers =
        b.commit({command(with_metadata), command(edit(token, 1, 1, "third")), command(edit(token, 1, 2, "x"))});
    EXPECT_EQ(std::get<core::message>(answers[0].value()).version, 2U);
    EXPECT_EQ(std::get<core::message>(answers[1].value()).content, "third");
    EXPECT_EQ(answers[2].error(), error::not_found);
    b.reopen();
    const auto now = b.message(token, 1, 1).value();
    EXPECT_EQ(now.content, "third");
    EXPECT_EQ(now.metadata, R"({"b":2})");
    EXPECT_EQ(now.version, 3U);
    EXPECT_GE(now.updated_at, now.created_at);
    EXPECT_EQ(run(b.reader().find_chat(token, chat_number(1))).value().changes_count, 2U);
    EXPECT_EQ(std::get<core::message>(b.commit(command(edit(token, 1, 1, "fourth"))).value()).version, 4U);
}

std::vector<std::string> contents(const std::vector<core::message_version>& versions) {
    std::vector<std::string> all;
    for (const auto& v : versions) all.push_back(std::to_string(v.version) + " " + v.content);
    return all;
}

TEST_P(ledger_contract, returns_the_content_of_a_version) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    b.commit({command(new_message(token, 1, "a")), command(new_message(token, 1, "other"))});
    const auto chat = run(b.reader().find_chat(token, chat_number(1))).value().id;
    const auto said = [&](std::uint64_t after) {
        return contents(run(b.reader().versions(chat, message_number(1), after)).value());
    };
    EXPECT_EQ(said(0), (std::vector<std::string>{"1 a"}));
    b.commit({command(edit(token, 1, 1, "b")), command(edit(token, 1, 2, "other b"))});
    b.commit(command(edit(token, 1, 1, "c")));
    b.reopen();
    EXPECT_EQ(said(0), (std::vector<std::string>{"1 a", "2 b", "3 c"}));
    EXPECT_EQ(said(1), (std::vector<std::string>{"2 b", "3 c"}));
    EXPECT_EQ(said(3), std::vector<std::string>());
    const auto versions = run(b.reader().versions(chat, message_number(1), 0)).value();
    EXPECT_EQ(versions[0].created_at, b.message(token, 1, 1).value().created_at);
    EXPECT_LE(versions[0].created_at, versions[1].created_at);
    EXPECT_EQ(versions[2].created_at, b.message(token, 1, 1).value().updated_at);
    EXPECT_EQ(run(b.reader().versions(chat, message_number(3), 0)).error(), error::not_found);
    std::vector<core::command> many;
    for (int i = 4; i <= 350; ++i) many.push_back(command(edit(token, 1, 1, std::to_string(i))));
    b.commit(many);
    std::uint64_t after = 0;
    for (;;) {
        const auto slice = run(b.reader().versions(chat, message_number(1), after)).value();
        if (slice.empty()) break;
        for (const auto& v : slice) ASSERT_EQ(v.version, ++after);
    }
    EXPECT_EQ(after, 350U);
}

TEST_P(ledger_contract, leaves_a_tombstone_and_no_text_of_what_was_deleted) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    auto full = new_message(token, 1, "secret");
    full.sender = valid<core::sender_name>("ann");
    full.metadata = R"({"a":1})";
    b.commit({command(full), command(new_message(token, 1, "other"))});
    b.commit({command(edit(token, 1, 1, "secret too")), command(edit(token, 1, 2, "other b"))});
    const core::delete_message deletion{token, chat_number(1), message_number(1)};
    EXPECT_TRUE(b.commit(command(deletion)));
    b.reopen();
    const auto tombstone = b.message(token, 1, 1).value();
    EXPECT_TRUE(tombstone.deleted_at);
    EXPECT_EQ(tombstone.content, "");
    EXPECT_EQ(tombstone.sender, "ann");
    EXPECT_EQ(tombstone.metadata, std::nullopt);
    EXPECT_EQ(tombstone.version, 3U);
    const auto chat = run(b.reader().find_chat(token, chat_number(1))).value();
    EXPECT_EQ(chat.messages_count, 2U);
    EXPECT_EQ(chat.changes_count, 3U);
    EXPECT_EQ(run(b.reader().versions(chat.id, message_number(1), 0)).error(), error::deleted);
    EXPECT_EQ(contents(run(b.reader().versions(chat.id, message_number(2), 0)).value()),
              (std::vector<std::string>{"1 other", "2 other b"}));
    EXPECT_TRUE(b.commit(command(deletion)));  // repeated: no effect
    EXPECT_EQ(b.commit(command(edit(token, 1, 1, "x"))).error(), error::deleted);
    EXPECT_EQ(b.message(token, 1, 1).value().version, 3U);
    EXPECT_EQ(number_of(b.commit(command(new_message(token, 1, "next")))), 3U);
}

TEST_P(ledger_contract, takes_many_changes_of_many_messages_in_one_batch) {
    constexpr std::uint64_t count = 300;
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    std::vector<core::command> created;
    for (std::uint64_t n = 1; n <= count; ++n)
        created.push_back(command(new_message(token, 1, "a" + std::to_string(n))));
    b.commit(created);
    // Each message gets three edits, the first with metadata. Every third message is deleted, too.
    std::vector<core::command> changes;
    for (const auto* const to : {"b", "c", "d"}) {
        for (std::uint64_t n = 1; n <= count; ++n) {
            auto change = edit(token, 1, n, to + std::to_string(n));
            if (*to == 'b') change.metadata = R"({"of":"b"})";
            changes.push_back(command(change));
        }
    }
    for (std::uint64_t n = 3; n <= count; n += 3)
        changes.push_back(command(core::delete_message{token, chat_number(1), message_number(n)}));
    b.commit(changes);
    b.reopen();
    const auto chat = run(b.reader().find_chat(token, chat_number(1))).value();
    EXPECT_EQ(chat.changes_count, 3 * count + count / 3);
    for (std::uint64_t n = 1; n <= count; ++n) {
        const auto m = b.message(token, 1, n).value();
        const auto said = run(b.reader().versions(chat.id, message_number(n), 0));
        const auto name = std::to_string(n);
        if (n % 3 == 0) {
            EXPECT_TRUE(m.deleted_at) << n;
            EXPECT_EQ(m.version, 5U) << n;
            EXPECT_EQ(m.metadata, std::nullopt) << n;
            EXPECT_EQ(said.error(), error::deleted) << n;
        } else {
            EXPECT_EQ(m.content, "d" + name);
            EXPECT_EQ(m.version, 4U) << n;
            EXPECT_EQ(m.metadata, R"({"of":"b"})") << n;
            EXPECT_EQ(contents(said.value()),
                      (std::vector<std::string>{"1 a" + name, "2 b" + name, "3 c" + name, "4 d" + name}));
        }
    }
}

TEST_P(ledger_contract, changes_only_the_version_that_was_meant) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    b.commit(command(new_message(token, 1, "a")));
    auto change = edit(token, 1, 1, "b");
    change.only_at = {1};
    const auto answers = b.commit({command(change), command(change)});
    EXPECT_TRUE(answers[0]);
    EXPECT_EQ(answers[1].error(), error::version_mismatch);
    EXPECT_EQ(b.commit(command(core::delete_message{token, chat_number(1), message_number(1), {{1, 3}}})).error(),
              error::version_mismatch);
    EXPECT_EQ(b.message(token, 1, 1).value().content, "b");
    EXPECT_TRUE(b.commit(command(core::delete_message{token, chat_number(1), message_number(1), {{1, 2}}})));
}

TEST_P(ledger_contract, renames_an_app_and_leaves_the_rest) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    const auto renamed =
        std::get<core::app>(b.commit(command(core::rename_app{token, valid<core::app_name>("new")})).value());
    EXPECT_EQ(renamed.name, "new");
    EXPECT_EQ(renamed.chats_count, 1U);
    b.reopen();
    EXPECT_EQ(run(b.reader().find_app(token)).value().name, "new");
    const auto nobody = command(core::rename_app{app_token::make(), valid<core::app_name>("x")});
    EXPECT_EQ(b.commit(nobody).error(), error::not_found);
}

TEST_P(ledger_contract, remembers_keys_through_a_restart) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    b.commit(command(core::create_chat{token}));
    const auto keyed = command(new_message(token, 1, "once"), key("k", "once"));
    EXPECT_EQ(number_of(b.commit(keyed)), 1U);
    b.reopen();
    EXPECT_EQ(std::get<core::replayed>(b.commit(keyed).value()).number, 1U);
    EXPECT_EQ(b.commit(command(new_message(token, 1, "other"), key("k", "other"))).error(), error::key_reused);
    EXPECT_EQ(number_of(b.commit(command(new_message(token, 2, "once"), key("k", "once")))), 1U);  // another scope
    EXPECT_EQ(number_of(b.commit(command(core::create_chat{token}, key("k", "")))), 3U);
    EXPECT_EQ(std::get<core::replayed>(b.commit(command(core::create_chat{token}, key("k", ""))).value()).number, 3U);
    EXPECT_EQ(run(b.reader().find_chat(token, chat_number(1))).value().messages_count, 1U);
}

TEST_P(ledger_contract, replays_an_app_by_its_id) {
    checked_ledger b(GetParam().make);
    const auto token = app_token::make();
    b.commit(command(new_app(token, "once"), key("k", "once")));
    b.reopen();
    const auto again = b.commit(command(new_app(app_token::make(), "once"), key("k", "once")));
    const core::app_id id(std::get<core::replayed>(again.value()).number);
    EXPECT_EQ(run(b.reader().find_app(id)).value().token, token);
}

TEST_P(ledger_contract, two_of_one_key_in_a_batch_make_one) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    const auto keyed = command(new_message(token, 1, "once"), key("k", "once"));
    const auto answers = b.commit({keyed, keyed});
    EXPECT_EQ(number_of(answers[0]), 1U);
    EXPECT_EQ(std::get<core::replayed>(answers[1].value()).number, 1U);
}

TEST_P(ledger_contract, lists_in_slices_without_a_gap) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    constexpr std::uint64_t count = 2500;
    std::vector<core::command> batch;
    for (std::uint64_t i = 1; i <= count; ++i) batch.push_back(command(new_message(token, 1, std::to_string(i))));
    b.commit(batch);
    const auto chat = run(b.reader().find_chat(token, chat_number(1))).value();
    ledger::window up{.last = count - 1};
    for (;;) {
        const auto slice = run(b.reader().messages(chat.id, up)).value();
        if (slice.empty()) break;
        EXPECT_LE(slice.size(), ledger::slice_rows_max);
        for (const auto& m : slice) {
            ASSERT_EQ(m.number.value(), ++up.after);
            ASSERT_EQ(m.content, std::to_string(m.number.value()));
        }
    }
    EXPECT_EQ(up.after, count - 1);
    ledger::window down{.after = 3, .last = count, .order = ledger::order::descending, .rows_max = 7};
    for (;;) {
        const auto slice = run(b.reader().messages(chat.id, down)).value();
        if (slice.empty()) break;
        EXPECT_LE(slice.size(), 7U);
        for (const auto& m : slice) ASSERT_EQ(m.number.value(), down.last--);
    }
    EXPECT_EQ(down.last, 3U);
}

TEST_P(ledger_contract, ends_a_slice_of_heavy_rows_early) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    std::vector<core::command> batch;
    for (int i = 0; i < 40; ++i) batch.push_back(command(new_message(token, 1, std::string(65536, 'x'))));
    b.commit(batch);
    const auto chat = run(b.reader().find_chat(token, chat_number(1))).value();
    const auto slice = run(b.reader().messages(chat.id, {.last = 40})).value();
    EXPECT_EQ(slice.size(), ledger::slice_bytes_max / 65536);
}

TEST_P(ledger_contract, lists_apps_and_chats_in_order) {
    checked_ledger b(GetParam().make);
    std::vector<app_token> tokens;
    for (int i = 0; i < 5; ++i) tokens.push_back(b.new_app(std::to_string(i)));
    const auto last = run(b.reader().last_app()).value();
    const auto apps = run(b.reader().apps({.last = last.value()})).value();
    ASSERT_EQ(apps.size(), tokens.size());
    for (std::size_t i = 0; i < apps.size(); ++i) EXPECT_EQ(apps[i].token, tokens[i]);
    EXPECT_EQ(apps.back().id, last);
    for (int i = 0; i < 3; ++i) b.commit(command(core::create_chat{tokens[2]}));
    const auto chats = run(b.reader().chats(apps[2].id, {.after = 1, .last = 3})).value();
    ASSERT_EQ(chats.size(), 2U);
    EXPECT_EQ(chats[0].number, chat_number(2));
    EXPECT_TRUE(run(b.reader().chats(apps[1].id, {.last = 9})).value().empty());
}

TEST_P(ledger_contract, removes_expired_keys_only) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    const auto keyed = command(new_message(token, 1, "once"), key("k", "once"));
    b.commit(keyed);
    b.maintain(now());
    EXPECT_EQ(std::get<core::replayed>(b.commit(keyed).value()).number, 1U);
    b.maintain({now().us + 25 * 3'600'000'000LL});
    EXPECT_EQ(number_of(b.commit(keyed)), 2U);
}

TEST_P(ledger_contract, removes_expired_keys_after_the_clock_went_back) {
    checked_ledger b(GetParam().make);
    const auto token = b.new_chat();
    b.maintain({now().us + 10 * 365 * 24 * 3'600'000'000LL});
    const auto keyed = command(new_message(token, 1, "once"), key("k", "once"));
    b.commit(keyed);
    b.maintain({now().us + 25 * 3'600'000'000LL});
    EXPECT_EQ(number_of(b.commit(keyed)), 2U);
}

}  // namespace
}  // namespace confab::testing
