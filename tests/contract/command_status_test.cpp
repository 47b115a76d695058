// The ledger of a cluster returns the status of a command to a node.
#include "contract/shared_ledger.hpp"

namespace confab::testing::shared {

namespace {

class shared_command_status : public shared_ledger {
protected:
    void SetUp() override {
        shared_ledger::SetUp();
        worker.emplace();
        node = ledger::mysql::open_mysql_node(mysql_server());
        token = new_chat(*worker);
        worker->commit(command_of(new_message(token, 1, "a")));
    }
    void TearDown() override {
        worker.reset();
        shared_ledger::TearDown();
    }

    result<std::optional<command_result>> outcome(const command& c) {
        return run(node->command_status().lookup(c, *c.delivery));
    }

    std::optional<manual_worker> worker;
    std::unique_ptr<ledger::mysql::mysql_node> node;
    app_token token = app_token::make();
};

TEST_F(shared_command_status, snapshot_before_sending_has_the_target_or_not_found) {
    const auto to_chat = run(node->command_status().snapshot(command_of(new_message(token, 1, "x")))).value();
    EXPECT_EQ(to_chat.number, 1U);
    EXPECT_EQ(to_chat.change, 0U);
    EXPECT_EQ(run(node->command_status().snapshot(command_of(core::create_chat{token}))).value().number, 1U);
    EXPECT_TRUE(run(node->command_status().snapshot(command_of(new_app(app_token::make(), "x")))));
    const auto nowhere = command_of(new_message(token, 2, "x"));
    EXPECT_EQ(run(node->command_status().snapshot(nowhere)).error(), error::not_found);
    worker->commit(command_of(core::create_chat{token}));
    EXPECT_TRUE(run(node->command_status().snapshot(nowhere)));
}

TEST_F(shared_command_status, lookup_has_no_result_before_the_position_is_reached) {
    const auto waiting = delivered(command_of(new_message(token, 1, "b")), 5);
    EXPECT_EQ(outcome(waiting).value(), std::nullopt);
    worker->commit(delivered(command_of(new_message(token, 1, "b")), 4));
    EXPECT_EQ(outcome(waiting).value(), std::nullopt);
    worker->commit(delivered(command_of(new_message(token, 1, "b")), 1, 0, second_epoch));
    EXPECT_EQ(outcome(waiting).value(), std::nullopt);
    EXPECT_EQ(outcome(delivered(command_of(new_message(token, 1, "b")), 5, 0, {})).value(), std::nullopt);
}

TEST_F(shared_command_status, what_was_done_is_found_by_its_job) {
    const auto sent = delivered(command_of(new_message(token, 1, "b")), 1);
    worker->commit(sent);
    EXPECT_EQ(std::get<core::created>(*outcome(sent).value()).number, 2U);
    auto unsure = sent;  // its entry is unknown
    unsure.delivery = core::delivery{};
    EXPECT_EQ(std::get<core::created>(*outcome(unsure).value()).number, 2U);
    const auto edited = delivered(command_of(edit(token, 1, 1, "c")), 2);
    worker->commit(edited);
    worker->commit(delivered(command_of(edit(token, 1, 1, "d")), 3));
    EXPECT_EQ(std::get<core::message>(*outcome(edited).value()).version, 2U);
    EXPECT_EQ(std::get<core::message>(*outcome(edited).value()).content, "c");
}

TEST_F(shared_command_status, a_refusal_is_derived_from_the_current_state) {
    const auto keyed = delivered(command_of(new_message(token, 1, "k"), key("k", "k")), 1);
    worker->commit(keyed);
    auto mismatch = edit(token, 1, 1, "x");
    mismatch.only_at = {7};
    const auto replay = delivered(command_of(new_message(token, 1, "k"), key("k", "k")), 2),
               reuse = delivered(command_of(new_message(token, 1, "l"), key("k", "l")), 3),
               no_message = delivered(command_of(edit(token, 1, 9, "x")), 4),
               no_chat = delivered(command_of(new_message(token, 9, "x")), 5),
               no_app = delivered(command_of(core::rename_app{app_token::make(), valid<core::app_name>("x")}), 6),
               stale = delivered(command_of(mismatch), 7),
               deletion = delivered(command_of(core::delete_message{token, chat_number(1), message_number(1)}), 8),
               too_late = delivered(command_of(edit(token, 1, 1, "x")), 9),
               again = delivered(command_of(core::delete_message{token, chat_number(1), message_number(1)}), 10);
    const auto answers = worker->commit({replay, reuse, no_message, no_chat, no_app, stale, deletion, too_late, again});
    EXPECT_EQ(std::get<core::replayed>(answers[0].value()).number, 2U);
    EXPECT_EQ(std::get<core::replayed>(*outcome(replay).value()).number, 2U);
    EXPECT_EQ(outcome(reuse).error(), answers[1].error());
    EXPECT_EQ(outcome(no_message).error(), answers[2].error());
    EXPECT_EQ(answers[3].error(), error::not_found);
    EXPECT_EQ(outcome(no_chat).value(), std::nullopt);  // a creation is never refused for being passed
    EXPECT_EQ(outcome(no_app).error(), answers[4].error());
    EXPECT_EQ(outcome(too_late).error(), answers[7].error());
    EXPECT_TRUE(std::get<core::message>(*outcome(again).value()).deleted_at);
    const auto lost = delivered(command_of(edit(token, 1, 2, "never sent")), 1);
    EXPECT_EQ(outcome(lost).error(), error::outcome_unknown);
}

}  // namespace
}  // namespace confab::testing::shared
