// Dead letters in the ledger of a cluster: their replay, and entries that the queue delivers again.
#include <fmt/core.h>

#include "contract/shared_ledger.hpp"
#include "ledger/mysql/cluster_state.hpp"
#include "ledger/mysql/partition_state.hpp"

namespace confab::testing::shared {

namespace {

class dead_letters : public shared_ledger {
protected:
    void SetUp() override {
        shared_ledger::SetUp();
        worker.emplace();
        token = new_chat(*worker);
        worker->commit(command_of(new_message(token, 1, "first")));
    }
    void TearDown() override {
        worker.reset();
        shared_ledger::TearDown();
    }

    // Runs while the database refuses every message and change.
    template <class Work>
    static void while_refusing(Work work) {
        for (const auto* table : {"messages", "changes"})
            execute({fmt::format("create trigger refuse_{0} before insert on {0} for each row signal sqlstate '45000'",
                                 table)});
        work();
        for (const auto* table : {"messages", "changes"}) execute({fmt::format("drop trigger refuse_{}", table)});
    }

    // Commits the command as a dead letter, and returns its id.
    std::uint64_t refuse(const command& c) {
        while_refusing([&] { EXPECT_EQ(worker->try_to_commit({c}).error(), error::rejected); });
        return newest();
    }

    static std::uint64_t newest() { return std::stoull(ask("select max(id) from dead_letters")); }

    // The entry that `confab jobs replay` sends.
    static command replay_of(const command& refused, std::uint64_t dead_letter, std::uint64_t entry) {
        auto c = refused;
        c.job = core::make_job_id();
        c = delivered(std::move(c), entry);
        c.delivery->replay_of = {dead_letter, refused.job};
        return c;
    }

    static bool drop(std::uint64_t dead_letter) {
        bool is_gone = false;
        ledger::mysql::with_server(mysql_server(), [&](mysql::connection& db) -> awaitable<void> {
            is_gone = co_await ledger::mysql::drop_dead_letter(db, dead_letter);
        });
        return is_gone;
    }

    // The ids that `confab jobs` lists. `confab status` counts as many.
    static std::vector<std::uint64_t> listed() {
        std::vector<std::uint64_t> ids;
        ledger::mysql::with_server(mysql_server(), [&](mysql::connection& db) -> awaitable<void> {
            const auto all = co_await ledger::mysql::dead_letters(db);
            for (const auto& l : all) ids.push_back(l.id);
            const auto count = co_await ledger::mysql::count_dead_letters(db);
            EXPECT_EQ(count, ids.size());
        });
        return ids;
    }

    static std::string messages() { return ask("select count(*) from messages"); }
    static std::string changes() { return ask("select count(*) from changes"); }

    static bool is_rejected(const result<command_result>& r) { return !r && r.error() == error::rejected; }

    std::optional<manual_worker> worker;
    app_token token = app_token::make();
};

TEST_F(dead_letters, a_replayed_creation_is_done_once_when_both_entries_are_delivered_again) {
    const auto first = delivered(command_of(new_message(token, 1, "refused")), 1);
    const auto replay = replay_of(first, refuse(first), 2);
    for (int delivery = 0; delivery < 3; ++delivery) {
        const auto answers = worker->commit({first, replay});
        EXPECT_TRUE(is_rejected(answers[0])) << delivery;
        EXPECT_EQ(is_rejected(answers[1]), delivery > 0) << delivery;
        EXPECT_EQ(listed(), std::vector<std::uint64_t>()) << delivery;
        worker->state().clear();
    }
    EXPECT_TRUE(is_rejected(worker->commit(first)));
    EXPECT_EQ(messages(), "2");
    const auto node = ledger::mysql::open_mysql_node(mysql_server());
    EXPECT_EQ(run(node->command_status().lookup(first, *first.delivery)).error(), error::rejected);
}

TEST_F(dead_letters, a_replayed_change_is_done_once_when_both_entries_are_delivered_again) {
    const auto first = delivered(command_of(edit(token, 1, 1, "edited")), 1);
    const auto replay = replay_of(first, refuse(first), 2);
    for (int delivery = 0; delivery < 3; ++delivery) {
        const auto answers = worker->commit({first, replay});
        EXPECT_TRUE(is_rejected(answers[0])) << delivery;
        EXPECT_EQ(is_rejected(answers[1]), delivery > 0) << delivery;
        EXPECT_EQ(listed(), std::vector<std::uint64_t>()) << delivery;
        worker->state().clear();
    }
    EXPECT_EQ(changes(), "1");
    EXPECT_EQ(ask("select content from messages where number = 1"), "edited");
}

TEST_F(dead_letters, one_that_is_sent_several_times_is_executed_once) {
    const auto first = delivered(command_of(new_message(token, 1, "refused")), 1);
    const auto id = refuse(first);
    const auto answers = worker->commit({replay_of(first, id, 2), replay_of(first, id, 3)});
    EXPECT_EQ(number_of(answers[0]), 2U);
    EXPECT_TRUE(is_rejected(answers[1]));
    EXPECT_TRUE(is_rejected(worker->commit(replay_of(first, id, 4))));
    EXPECT_EQ(messages(), "2");
}

// The queue lost the entry, and repeats its id. The position is past it.
TEST_F(dead_letters, one_whose_replay_was_lost_can_be_replayed_under_a_passed_position) {
    const auto creation = delivered(command_of(new_message(token, 1, "refused")), 1),
               change = delivered(command_of(edit(token, 1, 1, "edited")), 2);
    const std::vector ids{refuse(creation), refuse(change)};
    worker->commit(delivered(command_of(new_message(token, 1, "far")), 100));
    EXPECT_EQ(listed(), ids);
    const auto answers = worker->commit({replay_of(creation, ids[0], 50), replay_of(change, ids[1], 51)});
    EXPECT_EQ(number_of(answers[0]), 3U);
    EXPECT_TRUE(answers[1]);
    EXPECT_EQ(listed(), std::vector<std::uint64_t>());
    EXPECT_EQ(changes(), "1");
}

TEST_F(dead_letters, one_that_was_dropped_stays_refused) {
    const auto creation = delivered(command_of(new_message(token, 1, "refused")), 1),
               change = delivered(command_of(edit(token, 1, 1, "refused")), 2);
    const std::vector ids{refuse(creation), refuse(change)};
    EXPECT_TRUE(drop(ids[0]));
    EXPECT_TRUE(drop(ids[1]));
    EXPECT_FALSE(drop(ids[0]));
    EXPECT_EQ(listed(), std::vector<std::uint64_t>());
    EXPECT_EQ(ask("select sum(length(bytes)) = 0 from dead_letters"), "1");
    const auto answers = worker->commit({creation, change});
    EXPECT_TRUE(is_rejected(answers[0]));
    EXPECT_TRUE(is_rejected(answers[1]));
    EXPECT_TRUE(is_rejected(worker->commit(replay_of(creation, ids[0], 3))));  // sent before it was dropped
    EXPECT_EQ(messages(), "1");
    EXPECT_EQ(changes(), "0");
    const auto node = ledger::mysql::open_mysql_node(mysql_server());
    EXPECT_EQ(run(node->command_status().lookup(creation, *creation.delivery)).error(), error::rejected);
}

TEST_F(dead_letters, a_replay_that_is_refused_again_is_another_one) {
    const auto first = delivered(command_of(new_message(token, 1, "refused")), 1);
    const auto replay = replay_of(first, refuse(first), 2);
    const auto again = refuse(replay);
    EXPECT_EQ(listed(), std::vector{again});
    EXPECT_EQ(ask(fmt::format("select bytes from dead_letters where id = {}", again)), described(replay));
    EXPECT_TRUE(is_rejected(worker->commit(replay)));
    EXPECT_EQ(number_of(worker->commit(replay_of(replay, again, 3))), 2U);
    EXPECT_EQ(listed(), std::vector<std::uint64_t>());
    EXPECT_EQ(messages(), "2");
}

TEST_F(dead_letters, one_stays_open_if_the_batch_of_its_replay_fails) {
    const auto first = delivered(command_of(new_message(token, 1, "refused")), 1);
    const auto id = refuse(first);
    const std::vector<command> batch{replay_of(first, id, 2)};
    worker->renew();
    ASSERT_TRUE(worker->load(batch));
    kill_other_sessions();
    EXPECT_EQ(worker->apply().error(), error::unavailable);
    EXPECT_EQ(listed(), std::vector{id});
    EXPECT_EQ(number_of(worker->commit(batch[0])), 2U);
    EXPECT_EQ(listed(), std::vector<std::uint64_t>());
}

// The database was restored to an earlier state, and gave the id to another command.
TEST_F(dead_letters, a_replay_closes_only_the_one_of_its_command) {
    const auto first = delivered(command_of(new_message(token, 1, "refused")), 1),
               lost = delivered(command_of(new_message(token, 1, "lost")), 1);
    const auto id = refuse(first);
    EXPECT_TRUE(is_rejected(worker->commit(replay_of(lost, id, 2))));
    EXPECT_EQ(listed(), std::vector{id});
}

// The queue was restored to an earlier state, and gave the id of an entry again.
TEST_F(dead_letters, two_of_one_entry_id_are_both_kept) {
    const auto first = delivered(command_of(new_message(token, 1, "a")), 1),
               second = delivered(command_of(new_message(token, 1, "b")), 1);
    const auto ids = std::vector{refuse(first), refuse(second)};
    EXPECT_EQ(listed(), ids);
    const auto other = delivered(command_of(new_message(token, 1, "c")), 1);
    const auto node = ledger::mysql::open_mysql_node(mysql_server());
    EXPECT_EQ(run(node->command_status().lookup(other, *other.delivery)).value(), std::nullopt);
    const auto answers = worker->commit({first, second, other});
    EXPECT_TRUE(is_rejected(answers[0]));
    EXPECT_TRUE(is_rejected(answers[1]));
    EXPECT_EQ(number_of(answers[2]), 2U);
}

TEST_F(dead_letters, closed_ones_are_deleted_after_a_month) {
    std::vector<std::uint64_t> ids;
    for (std::uint64_t entry = 1; entry <= 3; ++entry)
        ids.push_back(refuse(delivered(command_of(new_message(token, 1, "refused")), entry)));
    drop(ids[0]);
    drop(ids[1]);
    execute(
        {fmt::format("update dead_letters set closed_at = closed_at - {} where id = {}", 31 * 86'400'000'000, ids[0]),
         fmt::format("update dead_letters set closed_at = closed_at - {} where id = {}", 29 * 86'400'000'000, ids[1]),
         "update dead_letters set at = 0"});
    worker->renew();
    worker->maintain();
    EXPECT_EQ(ask("select group_concat(id order by id) from dead_letters"), fmt::format("{},{}", ids[1], ids[2]));
}

}  // namespace
}  // namespace confab::testing::shared
