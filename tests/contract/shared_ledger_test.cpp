// The contract of a cluster's ledger with the workers that share it.
#include <fmt/core.h>

#include "contract/shared_ledger.hpp"
#include "ledger/lost_commits.hpp"

namespace confab::testing::shared {

namespace {

TEST_F(shared_ledger, a_batch_delivered_twice_is_done_once_and_answered_alike) {
    manual_worker w;
    const auto token = app_token::make();
    const std::vector<command> batch{
        delivered(command_of(new_app(token, "first")), 1),
        delivered(command_of(core::create_chat{token}), 2),
        delivered(command_of(new_message(token, 1, "a")), 3),
        delivered(command_of(new_message(token, 1, "b")), 4),
    };
    const std::vector<command> changes{
        delivered(command_of(edit(token, 1, 1, "a2")), 5),
        delivered(command_of(core::delete_message{token, chat_number(1), message_number(2)}), 6),
        delivered(command_of(core::rename_app{token, valid<core::app_name>("second")}), 7),
    };
    const auto created = w.commit(batch);
    const auto changed = w.commit(changes);
    EXPECT_EQ(std::get<core::message>(changed[0].value()).version, 2U);
    for (const bool is_restarted : {false, true}) {
        if (is_restarted) w.state().clear();
        const auto created_again = w.commit(batch);
        for (std::size_t i = 0; i < batch.size(); ++i) {
            ASSERT_TRUE(created_again[i]) << i;
            EXPECT_EQ(number_of(created_again[i]), number_of(created[i])) << i;
        }
        const auto changed_again = w.commit(changes);
        EXPECT_EQ(std::get<core::message>(changed_again[0].value()).version, 2U);
        EXPECT_EQ(std::get<core::message>(changed_again[0].value()).content, "a2");
        EXPECT_TRUE(std::get<core::message>(changed_again[1].value()).deleted_at);
        EXPECT_EQ(std::get<core::app>(changed_again[2].value()).name, "second");
    }
    EXPECT_EQ(ask("select count(*) from messages"), "2");
    EXPECT_EQ(ask("select count(*) from changes"), "2");
    EXPECT_EQ(ask("select count(*) from chats"), "1");
}

TEST_F(shared_ledger, an_edit_delivered_again_is_answered_as_it_was_done) {
    manual_worker w;
    const auto token = new_chat(w);
    w.commit(command_of(new_message(token, 1, "a")));
    const auto first = delivered(command_of(edit(token, 1, 1, "b")), 1);
    w.commit(first);
    w.commit(delivered(command_of(edit(token, 1, 1, "c")), 2));
    w.commit(delivered(command_of(core::delete_message{token, chat_number(1), message_number(1)}), 3));
    const auto again = std::get<core::message>(w.commit(first).value());
    EXPECT_EQ(again.version, 2U);
    EXPECT_EQ(again.content, "b");
    EXPECT_FALSE(again.deleted_at);
}

TEST_F(shared_ledger, a_passed_position_without_a_row_is_applied_only_for_creations) {
    manual_worker w;
    const auto token = new_chat(w);
    w.commit(command_of(new_message(token, 1, "a")));
    w.commit(delivered(command_of(new_message(token, 1, "far")), 100));
    const auto answers = w.commit({
        delivered(command_of(new_message(token, 1, "late")), 7),
        delivered(command_of(edit(token, 1, 1, "late")), 8),
        delivered(command_of(core::delete_message{token, chat_number(1), message_number(1)}), 9),
        delivered(command_of(core::create_chat{token}), 10),
        delivered(command_of(core::rename_app{token, valid<core::app_name>("late")}), 11),
    });
    EXPECT_EQ(number_of(answers[0]), 3U);
    EXPECT_EQ(answers[1].error(), error::outcome_unknown);
    EXPECT_EQ(answers[2].error(), error::outcome_unknown);
    EXPECT_EQ(number_of(answers[3]), 2U);
    EXPECT_EQ(answers[4].error(), error::outcome_unknown);
    EXPECT_EQ(ask("select position_seq from partitions where p = 0"), "100");
}

TEST_F(shared_ledger, a_large_batch_is_recognised_among_what_was_written_around_it) {
    manual_worker w;
    const auto token = new_chat(w), other = new_chat(w);
    std::vector<command> mine, others;
    for (std::uint64_t i = 1; i <= 700; ++i) {
        mine.push_back(delivered(command_of(new_message(i % 7 == 0 ? other : token, 1, "mine")), i));
        others.push_back(delivered(command_of(new_message(token, 1, "other")), i, 1));
    }
    w.commit(others);
    const auto answers = w.commit(mine);
    w.commit(command_of(new_message(token, 1, "after")));
    const auto again = w.commit(mine);
    for (std::size_t i = 0; i < mine.size(); ++i) ASSERT_EQ(number_of(again[i]), number_of(answers[i])) << i;
    EXPECT_EQ(ask("select count(*) from messages"), "1401");
}

// The row of an app has the job of its last rename.
TEST_F(shared_ledger, the_creation_of_an_app_that_was_renamed_since_is_known) {
    manual_worker w;
    const auto token = app_token::make();
    const auto creation = delivered(command_of(new_app(token, "first")), 1);
    w.commit(creation);
    w.commit(delivered(command_of(core::rename_app{token, valid<core::app_name>("second")}), 1, 5));
    EXPECT_TRUE(w.commit(creation));
    EXPECT_EQ(ask("select name from apps"), "second");
}

TEST_F(shared_ledger, a_new_queue_epoch_is_processed_from_its_beginning) {
    manual_worker w;
    const auto token = new_chat(w);
    EXPECT_EQ(number_of(w.commit(delivered(command_of(new_message(token, 1, "a")), 50))), 1U);
    const auto edit_of_new = delivered(command_of(edit(token, 1, 1, "b")), 1, 0, second_epoch);
    EXPECT_EQ(std::get<core::message>(w.commit(edit_of_new).value()).version, 2U);
    EXPECT_EQ(ask("select position_seq from partitions where p = 0"), "1");
    EXPECT_EQ(ask("select position_seq from past_epochs where p = 0"), "50");
}

// Redis was restored from an older copy, so its position counts again.
TEST_F(shared_ledger, a_past_epoch_that_returns_is_recognised) {
    manual_worker w;
    const auto token = new_chat(w);
    w.commit(command_of(new_message(token, 1, "a")));
    const auto old = delivered(command_of(edit(token, 1, 1, "b")), 40);
    w.commit(old);
    w.commit(delivered(command_of(edit(token, 1, 1, "c")), 1, 0, second_epoch));
    EXPECT_EQ(std::get<core::message>(w.commit(old).value()).version, 2U);
    const auto lost = delivered(command_of(edit(token, 1, 1, "never done")), 39);
    EXPECT_EQ(w.commit(lost).error(), error::outcome_unknown);
    EXPECT_EQ(std::get<core::message>(w.commit(delivered(command_of(edit(token, 1, 1, "d")), 41)).value()).version, 4U);
    EXPECT_EQ(ask("select position_seq from partitions where p = 0"), "41");
    EXPECT_EQ(ask("select position_seq from past_epochs where epoch = x'02000000000000000000000000000000'"), "1");
}

TEST_F(shared_ledger, workers_that_take_turns_go_on_counting) {
    manual_worker one, other;
    const auto token = new_chat(one);
    std::uint64_t entry = 0, number = 0;
    for (int round = 0; round < 4; ++round) {
        for (auto* w : {&one, &other}) {
            wait_until([&] { return w->renew().size() == all_partitions; });
            for (int i = 0; i < 3; ++i)
                EXPECT_EQ(number_of(w->commit(delivered(command_of(new_message(token, 1, "x")), ++entry))), ++number);
            EXPECT_EQ(number_of(w->commit(delivered(command_of(core::create_chat{token}), ++entry))), number / 3 + 1);
            w->release();
        }
    }
}

// All partitions were lost and won again between two calls of renew(). The worker owns the same ones, but its cached
// state is invalid.
TEST_F(shared_ledger, a_lost_and_regained_partition_is_loaded_again) {
    manual_worker stopped(milliseconds(300));
    const auto token = new_chat(stopped);
    EXPECT_EQ(number_of(stopped.commit(delivered(command_of(new_message(token, 1, "a")), 1))), 1U);
    {
        manual_worker other;
        wait_until([&] { return other.renew().size() == all_partitions; });
        EXPECT_EQ(number_of(other.commit(delivered(command_of(new_message(token, 1, "b")), 2))), 2U);
        other.release();
    }
    ASSERT_EQ(stopped.renew().size(), all_partitions);
    EXPECT_EQ(number_of(stopped.commit(delivered(command_of(new_message(token, 1, "c")), 3))), 3U);
}

TEST_F(shared_ledger, a_worker_whose_lease_was_taken_writes_nothing) {
    manual_worker stopped(milliseconds(300));
    const auto token = new_chat(stopped);
    ASSERT_TRUE(stopped.owns(0));
    manual_worker other;
    wait_until([&] { return other.owns(0); });
    const std::vector<command> batch{delivered(command_of(new_message(token, 1, "late")), 1)};
    EXPECT_EQ(stopped.load(batch).error(), error::unavailable);
    EXPECT_EQ(number_of(other.commit(batch[0])), 1U);
    EXPECT_EQ(ask("select count(*) from messages"), "1");
}

TEST_F(shared_ledger, a_lease_that_expires_within_a_batch_lets_no_other_owner_in) {
    manual_worker slow(milliseconds(300));
    const auto token = new_chat(slow);
    ASSERT_TRUE(slow.owns(0));
    const std::vector<command> batch{delivered(command_of(new_message(token, 1, "slow")), 1)};
    ASSERT_TRUE(slow.load(batch));
    manual_worker other;
    wait_until([&] { return other.renew().size() >= all_partitions - 1; });
    EXPECT_FALSE(other.owns(0));
    EXPECT_EQ(number_of(slow.apply().value().front()), 1U);
    wait_until([&] { return other.owns(0); });
    EXPECT_EQ(number_of(other.commit(delivered(command_of(new_message(token, 1, "next")), 2))), 2U);
}

TEST_F(shared_ledger, a_connection_lost_within_a_batch_keeps_nothing_of_it) {
    manual_worker w;
    const auto token = new_chat(w);
    w.renew();
    const std::vector<command> batch{delivered(command_of(new_message(token, 1, "a")), 1)};
    ASSERT_TRUE(w.load(batch));
    kill_other_sessions();
    EXPECT_EQ(w.apply().error(), error::unavailable);
    EXPECT_EQ(ask("select count(*) from messages"), "0");
    EXPECT_EQ(number_of(w.commit(batch[0])), 1U);
}

// This worker does not prevent another one from using such a ledger. A restart is the operator's decision.
TEST_F(shared_ledger, a_position_behind_what_a_worker_committed_ends_it) {
    manual_worker w;
    const auto token = new_chat(w);
    for (std::uint64_t entry = 1; entry <= 3; ++entry)
        ASSERT_TRUE(w.commit(delivered(command_of(new_message(token, 1, "x")), entry)));
    execute({"update partitions set position_seq = 2 where p = 0"});
    const auto next = delivered(command_of(new_message(token, 1, "next")), 4);
    EXPECT_THROW(w.try_to_commit({next}), ledger::lost_commits);
    EXPECT_EQ(ask("select count(*) from messages"), "3");
    execute({"update partitions set position_seq = 3 where p = 0"});
    EXPECT_EQ(number_of(w.commit(next)), 4U);
}

// The loss is detected without any command, and when the connection breaks.
TEST_F(shared_ledger, an_idle_worker_finds_a_position_behind_what_it_committed) {
    manual_worker w(milliseconds(300));
    const auto token = new_chat(w);
    ASSERT_TRUE(w.commit(delivered(command_of(new_message(token, 1, "x")), 9, 7)));
    execute({"update partitions set position_seq = 8 where p = 7"});
    kill_other_sessions();
    std::this_thread::sleep_for(milliseconds(300));  // until a renewal is due
    try {
        while (w.try_to_renew()) std::this_thread::sleep_for(milliseconds(20));
        w.renew();
        ADD_FAILURE() << "the worker continues";
    } catch (const ledger::lost_commits& cause) {
        EXPECT_NE(std::string(cause.what()).find("partition 7 is at entry 1000-8, and was at 1000-9"),
                  std::string::npos)
            << cause.what();
    }
}

TEST_F(shared_ledger, counters_below_what_a_worker_committed_end_it) {
    manual_worker w;
    const auto token = new_chat(w);
    ASSERT_TRUE(w.commit(command_of(new_message(token, 1, "a"))));
    ASSERT_TRUE(w.commit(command_of(edit(token, 1, 1, "b"))));
    const std::pair<const char*, const char*> counters[] = {
        {"apps", "chats_count"}, {"chats", "messages_count"}, {"chats", "changes_count"}};
    for (const auto& [table, counter] : counters) {
        execute({fmt::format("update {} set {} = 0", table, counter)});
        w.state().clear();
        EXPECT_THROW(w.try_to_commit({command_of(new_message(token, 1, "next"))}), ledger::lost_commits) << counter;
        execute({fmt::format("update {} set {} = 1", table, counter)});
    }
    w.state().clear();
    EXPECT_EQ(number_of(w.commit(command_of(new_message(token, 1, "next")))), 2U);
}

// Another worker has left the epoch in which this one committed. Only a ledger that never had that epoch is behind.
TEST_F(shared_ledger, an_abandoned_epoch_is_not_a_regression_and_a_lost_one_is) {
    manual_worker one;
    const auto token = new_chat(one);
    ASSERT_TRUE(one.commit(delivered(command_of(new_message(token, 1, "a")), 50)));
    one.release();
    {
        manual_worker other;
        wait_until([&] { return other.renew().size() == all_partitions; });
        ASSERT_TRUE(other.commit(delivered(command_of(new_message(token, 1, "b")), 1, 0, second_epoch)));
        other.release();
    }
    wait_until([&] { return one.owns(0); });
    EXPECT_EQ(number_of(one.commit(delivered(command_of(new_message(token, 1, "c")), 2, 0, second_epoch))), 3U);
    execute({"update partitions set epoch = x'03000000000000000000000000000000'", "delete from past_epochs"});
    EXPECT_THROW(one.try_to_commit({delivered(command_of(new_message(token, 1, "d")), 3, 0, second_epoch)}),
                 ledger::lost_commits);
    clear_ledger();
}

TEST_F(shared_ledger, partitions_are_shared_out_evenly_as_workers_come_and_go) {
    manual_worker first(milliseconds(600));
    EXPECT_EQ(first.renew().size(), all_partitions);
    manual_worker second(milliseconds(600));
    // The number of partitions of each worker, if every partition has exactly one owner.
    using counts = std::vector<std::size_t>;
    const auto shares_of = [](std::vector<manual_worker*> workers) {
        std::map<core::partition_number, int> owners;
        counts shares;
        for (auto* w : workers) {
            const auto held = w->renew();
            shares.push_back(held.size());
            for (const auto p : held) ++owners[p];
        }
        const bool is_once = std::ranges::all_of(owners, [](const auto& o) { return o.second == 1; });
        std::ranges::sort(shares);
        return owners.size() == all_partitions && is_once ? shares : counts();
    };
    wait_until([&] { return shares_of({&first, &second}) == counts{32, 32}; });
    {
        manual_worker third(milliseconds(600));
        wait_until([&] { return shares_of({&first, &second, &third}) == counts{20, 22, 22}; });
    }  // ends without releasing its lease
    wait_until([&] { return shares_of({&first, &second}) == counts{32, 32}; });
    second.release();
    wait_until([&] { return first.renew().size() == all_partitions; });
}

TEST_F(shared_ledger, an_undecodable_entry_is_one_dead_letter) {
    manual_worker w;
    const auto token = new_chat(w);
    const std::vector<command> batch{delivered(command_of(new_message(token, 1, "a")), 1),
                                     delivered(command_of(core::unreadable{std::string("\xff\0?", 3)}), 2),
                                     delivered(command_of(new_message(token, 1, "b")), 3)};
    for (int delivery = 0; delivery < 2; ++delivery) {
        const auto answers = w.commit(batch);
        EXPECT_EQ(number_of(answers[0]), 1U);
        EXPECT_EQ(answers[1].error(), error::rejected);
        EXPECT_EQ(number_of(answers[2]), 2U);
    }
    EXPECT_EQ(ask("select hex(bytes) from dead_letters"), "FF003F");
    EXPECT_EQ(ask("select count(*) from dead_letters"), "1");
    EXPECT_EQ(ask("select entry_seq from dead_letters"), "2");
}

// A table with a shorter column rejects a text, like any data that the database unexpectedly rejects.
TEST_F(shared_ledger, data_that_the_engine_refuses_is_dead_lettered_alone) {
    manual_worker w;
    const auto token = new_chat(w);
    execute({"alter table messages modify content varchar(10)"});
    const auto good = delivered(command_of(new_message(token, 1, "a")), 1),
               bad = delivered(command_of(new_message(token, 1, "much too long")), 2);
    EXPECT_EQ(w.try_to_commit({good, bad}).error(), error::rejected);
    EXPECT_EQ(ask("select count(*) from messages"), "0");
    EXPECT_EQ(number_of(w.commit(good)), 1U);
    EXPECT_EQ(w.try_to_commit({bad}).error(), error::rejected);
    EXPECT_EQ(ask("select bytes from dead_letters"), described(bad));
    EXPECT_EQ(ask("select why from dead_letters"),
              "the database refused its data: Data too long for column 'content' at row 1 (1406)");
    EXPECT_EQ(ask("select position_seq from partitions where p = 0"), "2");
    const auto node = ledger::mysql::open_mysql_node(mysql_server());
    EXPECT_EQ(run(node->command_status().lookup(bad, *bad.delivery)).error(), error::rejected);
    execute({"alter table messages modify content mediumtext"});
    EXPECT_EQ(number_of(w.commit(delivered(command_of(new_message(token, 1, "b")), 3))), 2U);
}

// Its error has one number, 1644, whatever SQLSTATE it signals.
TEST_F(shared_ledger, data_that_a_trigger_refuses_is_dead_lettered_with_its_words) {
    manual_worker w;
    const auto token = new_chat(w);
    execute(
        {"create trigger refuse_all before insert on messages for each row signal sqlstate '22001' set message_text "
         "= 'no room\nfor ü'"});
    const auto refused = w.try_to_commit({delivered(command_of(new_message(token, 1, "a")), 1)});
    execute({"drop trigger refuse_all"});
    EXPECT_EQ(refused.error(), error::rejected);
    EXPECT_EQ(ask("select why from dead_letters"), "the database refused its data: no room?for ?? (1644)");
    EXPECT_EQ(ask("select position_seq from partitions where p = 0"), "1");
    EXPECT_EQ(number_of(w.commit(delivered(command_of(new_message(token, 1, "b")), 2))), 1U);
}

// The queue was set back to a state with these entries.
TEST_F(shared_ledger, a_dead_letter_that_is_delivered_again_stays_refused) {
    manual_worker w;
    const auto token = new_chat(w);
    w.commit(command_of(new_message(token, 1, "a")));
    const auto message = delivered(command_of(new_message(token, 1, "refused")), 1),
               change = delivered(command_of(edit(token, 1, 1, "refused")), 2),
               chat = delivered(command_of(core::create_chat{token}), 3),
               app = delivered(command_of(new_app(app_token::make(), "refused")), 4);
    for (const auto* table : {"messages", "changes", "chats", "apps"})
        execute({fmt::format("create trigger refuse_{0} before insert on {0} for each row signal sqlstate '45000'",
                             table)});
    for (const auto& c : {message, change, chat, app}) EXPECT_EQ(w.try_to_commit({c}).error(), error::rejected);
    for (const auto* table : {"messages", "changes", "chats", "apps"})
        execute({fmt::format("drop trigger refuse_{}", table)});
    for (std::uint64_t delivery = 0; delivery < 2; ++delivery) {
        const auto answers =
            w.commit({message, change, chat, app, delivered(command_of(new_message(token, 1, "b")), 5 + delivery)});
        for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(answers[i].error(), error::rejected) << i;
        EXPECT_EQ(number_of(answers[4]), 2 + delivery);
        w.state().clear();
    }
    EXPECT_EQ(ask("select count(*) from dead_letters"), "4");
    // Another command with the same id of an entry is not refused.
    EXPECT_EQ(number_of(w.commit(delivered(command_of(new_message(token, 1, "c")), 1))), 4U);
}

}  // namespace
}  // namespace confab::testing::shared
