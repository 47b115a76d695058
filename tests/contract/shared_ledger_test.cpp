// What the ledger of a cluster owes to workers that share it and to nodes that ask what became of a command.
#include <boost/asio/thread_pool.hpp>
#include <map>
#include <thread>

#include "contract/ledger_contract.hpp"
#include "core/decide.hpp"
#include "ops/check.hpp"
#include "support/commands.hpp"
#include "support/mysql.hpp"
#include "support/run.hpp"

namespace confab::testing {
namespace {

using core::answer, core::app_token, core::chat_number, core::command, core::message_number;
using std::chrono::milliseconds;

constexpr core::epoch_id first_epoch{std::byte{1}}, second_epoch{std::byte{2}};

// The command as an entry of a partition's queue.
command through(command c, std::uint64_t entry, core::partition_number p = 0, core::epoch_id epoch = first_epoch) {
    c.came = core::passage{p, epoch, {1000, entry}, {}};
    return c;
}

// A worker with the batch writer's steps done by hand.
class hand_worker {
public:
    explicit hand_worker(milliseconds lease = milliseconds(60'000))
        : opened_(ledger::open_mysql_worker(mysql_server(pool_.get_executor()), options(lease))) {}
    ~hand_worker() { pool_.join(); }

    std::vector<core::partition_number> hold() { return run(opened_->ownership().hold()).value(); }
    bool holds(core::partition_number p) {
        const auto held = hold();
        return std::ranges::find(held, p) != held.end();
    }
    void release() { run(opened_->ownership().release()); }

    result<void> load(const std::vector<command>& batch) {
        commands_.clear();
        for (const auto& c : batch) commands_.push_back(&c);
        return run(opened_->writer().load(commands_, state_));
    }

    result<std::vector<result<answer>>> apply() {
        std::vector<core::effect> effects;
        std::vector<result<answer>> answers;
        for (const auto* c : commands_) answers.push_back(core::decide(state_, *c, now(), {}, effects));
        const auto applied = run(opened_->writer().apply(effects));
        if (!applied) {
            state_.clear();
            return applied.error();
        }
        state_.end_batch(1000);
        return answers;
    }

    result<std::vector<result<answer>>> try_to_commit(const std::vector<command>& batch) {
        hold();
        const auto loaded = load(batch);
        if (!loaded) return loaded.error();
        return apply();
    }

    std::vector<result<answer>> commit(const std::vector<command>& batch) {
        auto answers = try_to_commit(batch);
        EXPECT_TRUE(answers) << answers.error().message();
        return answers ? std::move(*answers) : std::vector<result<answer>>(batch.size(), error::unavailable);
    }
    result<answer> commit(const command& c) { return commit(std::vector{c}).front(); }

    core::state& state() { return state_; }
    ledger::reader& reader() { return opened_->reader(); }

private:
    static ledger::mysql_worker_options options(milliseconds lease) {
        ledger::mysql_worker_options o;
        o.lease = lease;
        o.describe = [](const command&) { return std::string("described"); };
        return o;
    }

    asio::thread_pool pool_{1};
    std::unique_ptr<ledger::mysql_worker> opened_;
    core::state state_;
    std::vector<const command*> commands_;
};

std::uint64_t number_of(const result<answer>& r) {
    return r ? std::get<core::created>(*r).number : 0;
}

class shared_ledger : public ::testing::Test {
protected:
    void SetUp() override { empty_the_ledger(); }
    void TearDown() override {
        const auto auditor = ledger::open_mysql_auditor(mysql_server());
        EXPECT_EQ(run(ops::check(*auditor)).value().findings, std::vector<std::string>());
    }

    static app_token new_chat(hand_worker& w) {
        const auto token = app_token::make();
        w.commit({command_of(new_app(token, "an app")), command_of(core::create_chat{token})});
        return token;
    }

    template <class Wish>
    static command command_of(Wish wish, std::optional<core::retry_key> k = std::nullopt) {
        return testing::command(std::move(wish), std::move(k));
    }

    template <class Condition>
    static void wait_until(Condition condition) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(milliseconds(20));
        EXPECT_TRUE(condition());
    }

    static constexpr std::size_t all_partitions = 64;
};

TEST_F(shared_ledger, a_batch_delivered_twice_is_done_once_and_answered_alike) {
    hand_worker w;
    const auto token = app_token::make();
    const std::vector<command> batch{
        through(command_of(new_app(token, "first")), 1),
        through(command_of(core::create_chat{token}), 2),
        through(command_of(new_message(token, 1, "a")), 3),
        through(command_of(new_message(token, 1, "b")), 4),
    };
    const std::vector<command> changes{
        through(command_of(edit(token, 1, 1, "a2")), 5),
        through(command_of(core::delete_message{token, chat_number(1), message_number(2)}), 6),
        through(command_of(core::rename_app{token, valid<core::app_name>("second")}), 7),
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
    hand_worker w;
    const auto token = new_chat(w);
    w.commit(command_of(new_message(token, 1, "a")));
    const auto first = through(command_of(edit(token, 1, 1, "b")), 1);
    w.commit(first);
    w.commit(through(command_of(edit(token, 1, 1, "c")), 2));
    w.commit(through(command_of(core::delete_message{token, chat_number(1), message_number(1)}), 3));
    const auto again = std::get<core::message>(w.commit(first).value());
    EXPECT_EQ(again.version, 2U);
    EXPECT_EQ(again.content, "b");
    EXPECT_FALSE(again.deleted_at);
}

TEST_F(shared_ledger, what_was_passed_without_a_trace_is_done_only_if_it_creates) {
    hand_worker w;
    const auto token = new_chat(w);
    w.commit(command_of(new_message(token, 1, "a")));
    w.commit(through(command_of(new_message(token, 1, "far")), 100));
    const auto answers = w.commit({
        through(command_of(new_message(token, 1, "late")), 7),
        through(command_of(edit(token, 1, 1, "late")), 8),
        through(command_of(core::delete_message{token, chat_number(1), message_number(1)}), 9),
        through(command_of(core::create_chat{token}), 10),
        through(command_of(core::rename_app{token, valid<core::app_name>("late")}), 11),
    });
    EXPECT_EQ(number_of(answers[0]), 3U);
    EXPECT_EQ(answers[1].error(), error::outcome_unknown);
    EXPECT_EQ(answers[2].error(), error::outcome_unknown);
    EXPECT_EQ(number_of(answers[3]), 2U);
    EXPECT_EQ(answers[4].error(), error::outcome_unknown);
    EXPECT_EQ(ask("select position_seq from partitions where p = 0"), "100");
}

// The row of an app bears the job of its last rename.
TEST_F(shared_ledger, the_creation_of_an_app_that_was_renamed_since_is_known) {
    hand_worker w;
    const auto token = app_token::make();
    const auto creation = through(command_of(new_app(token, "first")), 1);
    w.commit(creation);
    w.commit(through(command_of(core::rename_app{token, valid<core::app_name>("second")}), 1, 5));
    EXPECT_TRUE(w.commit(creation));
    EXPECT_EQ(ask("select name from apps"), "second");
}

TEST_F(shared_ledger, a_queue_that_begins_anew_is_worked_off_from_its_beginning) {
    hand_worker w;
    const auto token = new_chat(w);
    EXPECT_EQ(number_of(w.commit(through(command_of(new_message(token, 1, "a")), 50))), 1U);
    const auto edit_of_new = through(command_of(edit(token, 1, 1, "b")), 1, 0, second_epoch);
    EXPECT_EQ(std::get<core::message>(w.commit(edit_of_new).value()).version, 2U);
    EXPECT_EQ(ask("select position_seq from partitions where p = 0"), "1");
    EXPECT_EQ(ask("select position_seq from past_epochs where p = 0"), "50");
}

// Restored from an older copy: its position counts again.
TEST_F(shared_ledger, a_past_epoch_that_comes_back_is_known_to_be_passed) {
    hand_worker w;
    const auto token = new_chat(w);
    w.commit(command_of(new_message(token, 1, "a")));
    const auto old = through(command_of(edit(token, 1, 1, "b")), 40);
    w.commit(old);
    w.commit(through(command_of(edit(token, 1, 1, "c")), 1, 0, second_epoch));
    EXPECT_EQ(std::get<core::message>(w.commit(old).value()).version, 2U);
    const auto lost = through(command_of(edit(token, 1, 1, "never done")), 39);
    EXPECT_EQ(w.commit(lost).error(), error::outcome_unknown);
    EXPECT_EQ(std::get<core::message>(w.commit(through(command_of(edit(token, 1, 1, "d")), 41)).value()).version, 4U);
    EXPECT_EQ(ask("select position_seq from partitions where p = 0"), "41");
    EXPECT_EQ(ask("select position_seq from past_epochs where epoch = x'02000000000000000000000000000000'"), "1");
}

TEST_F(shared_ledger, workers_that_take_turns_go_on_counting) {
    hand_worker one, other;
    const auto token = new_chat(one);
    std::uint64_t entry = 0, number = 0;
    for (int round = 0; round < 4; ++round) {
        for (auto* w : {&one, &other}) {
            wait_until([&] { return w->hold().size() == all_partitions; });
            for (int i = 0; i < 3; ++i)
                EXPECT_EQ(number_of(w->commit(through(command_of(new_message(token, 1, "x")), ++entry))), ++number);
            EXPECT_EQ(number_of(w->commit(through(command_of(core::create_chat{token}), ++entry))), number / 3 + 1);
            w->release();
        }
    }
}

// Everything was taken over and taken back between two calls of hold(): it owns what it owned, and yet knows nothing.
TEST_F(shared_ledger, what_was_lost_and_taken_back_is_read_again) {
    hand_worker stopped(milliseconds(300));
    const auto token = new_chat(stopped);
    EXPECT_EQ(number_of(stopped.commit(through(command_of(new_message(token, 1, "a")), 1))), 1U);
    {
        hand_worker other;
        wait_until([&] { return other.hold().size() == all_partitions; });
        EXPECT_EQ(number_of(other.commit(through(command_of(new_message(token, 1, "b")), 2))), 2U);
        other.release();
    }
    ASSERT_EQ(stopped.hold().size(), all_partitions);
    EXPECT_EQ(number_of(stopped.commit(through(command_of(new_message(token, 1, "c")), 3))), 3U);
}

TEST_F(shared_ledger, a_worker_whose_lease_was_taken_writes_nothing) {
    hand_worker stopped(milliseconds(300));
    const auto token = new_chat(stopped);
    ASSERT_TRUE(stopped.holds(0));
    hand_worker other;
    wait_until([&] { return other.holds(0); });
    const std::vector<command> batch{through(command_of(new_message(token, 1, "late")), 1)};
    EXPECT_EQ(stopped.load(batch).error(), error::unavailable);
    EXPECT_EQ(number_of(other.commit(batch[0])), 1U);
    EXPECT_EQ(ask("select count(*) from messages"), "1");
}

TEST_F(shared_ledger, a_lease_that_ends_within_a_batch_does_not_let_anybody_in) {
    hand_worker slow(milliseconds(300));
    const auto token = new_chat(slow);
    ASSERT_TRUE(slow.holds(0));
    const std::vector<command> batch{through(command_of(new_message(token, 1, "slow")), 1)};
    ASSERT_TRUE(slow.load(batch));
    hand_worker other;
    wait_until([&] { return other.hold().size() >= all_partitions - 1; });
    EXPECT_FALSE(other.holds(0));
    EXPECT_EQ(number_of(slow.apply().value().front()), 1U);
    wait_until([&] { return other.holds(0); });
    EXPECT_EQ(number_of(other.commit(through(command_of(new_message(token, 1, "next")), 2))), 2U);
}

TEST_F(shared_ledger, a_connection_lost_within_a_batch_keeps_nothing_of_it) {
    hand_worker w;
    const auto token = new_chat(w);
    w.hold();
    const std::vector<command> batch{through(command_of(new_message(token, 1, "a")), 1)};
    ASSERT_TRUE(w.load(batch));
    execute({"kill " + ask("select trx_mysql_thread_id from information_schema.innodb_trx limit 1")});
    EXPECT_EQ(w.apply().error(), error::unavailable);
    EXPECT_EQ(ask("select count(*) from messages"), "0");
    EXPECT_EQ(number_of(w.commit(batch[0])), 1U);
}

TEST_F(shared_ledger, partitions_are_shared_out_evenly_as_workers_come_and_go) {
    hand_worker first(milliseconds(600));
    EXPECT_EQ(first.hold().size(), all_partitions);
    hand_worker second(milliseconds(600));
    // How many each holds, if together they hold every partition once.
    using counts = std::vector<std::size_t>;
    const auto shares_of = [](std::vector<hand_worker*> workers) {
        std::map<core::partition_number, int> owners;
        counts shares;
        for (auto* w : workers) {
            const auto held = w->hold();
            shares.push_back(held.size());
            for (const auto p : held) ++owners[p];
        }
        const bool is_once = std::ranges::all_of(owners, [](const auto& o) { return o.second == 1; });
        std::ranges::sort(shares);
        return owners.size() == all_partitions && is_once ? shares : counts();
    };
    wait_until([&] { return shares_of({&first, &second}) == counts{32, 32}; });
    {
        hand_worker third(milliseconds(600));
        wait_until([&] { return shares_of({&first, &second, &third}) == counts{20, 22, 22}; });
    }  // gone without a word
    wait_until([&] { return shares_of({&first, &second}) == counts{32, 32}; });
    second.release();
    wait_until([&] { return first.hold().size() == all_partitions; });
}

TEST_F(shared_ledger, what_cannot_be_read_is_one_dead_letter_between_its_neighbours) {
    hand_worker w;
    const auto token = new_chat(w);
    const std::vector<command> batch{through(command_of(new_message(token, 1, "a")), 1),
                                     through(command_of(core::unreadable{std::string("\xff\0?", 3)}), 2),
                                     through(command_of(new_message(token, 1, "b")), 3)};
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

// A table that is narrower than ours refuses a text as it would refuse what we do not foresee.
TEST_F(shared_ledger, data_that_the_engine_refuses_is_passed_over_alone) {
    hand_worker w;
    const auto token = new_chat(w);
    execute({"alter table messages modify content varchar(10)"});
    const auto good = through(command_of(new_message(token, 1, "a")), 1),
               bad = through(command_of(new_message(token, 1, "much too long")), 2);
    EXPECT_EQ(w.try_to_commit({good, bad}).error(), error::rejected);
    EXPECT_EQ(ask("select count(*) from messages"), "0");
    EXPECT_EQ(number_of(w.commit(good)), 1U);
    EXPECT_EQ(w.try_to_commit({bad}).error(), error::rejected);
    EXPECT_EQ(ask("select bytes from dead_letters"), "described");
    EXPECT_EQ(ask("select position_seq from partitions where p = 0"), "2");
    const auto node = ledger::open_mysql_node(mysql_server());
    EXPECT_EQ(run(node->outcomes().of(bad, *bad.came)).error(), error::rejected);
    execute({"alter table messages modify content mediumtext"});
    EXPECT_EQ(number_of(w.commit(through(command_of(new_message(token, 1, "b")), 3))), 2U);
}

class shared_outcomes : public shared_ledger {
protected:
    void SetUp() override {
        shared_ledger::SetUp();
        worker.emplace();
        node = ledger::open_mysql_node(mysql_server());
        token = new_chat(*worker);
        worker->commit(command_of(new_message(token, 1, "a")));
    }
    void TearDown() override {
        worker.reset();
        shared_ledger::TearDown();
    }

    result<std::optional<answer>> outcome(const command& c) { return run(node->outcomes().of(c, *c.came)); }

    std::optional<hand_worker> worker;
    std::unique_ptr<ledger::mysql_node> node;
    app_token token = app_token::make();
};

TEST_F(shared_outcomes, before_a_command_is_sent_its_place_is_known_or_not_there) {
    const auto to_chat = run(node->outcomes().before(command_of(new_message(token, 1, "x")))).value();
    EXPECT_EQ(to_chat.number, 1U);
    EXPECT_EQ(to_chat.change, 0U);
    EXPECT_EQ(run(node->outcomes().before(command_of(core::create_chat{token}))).value().number, 1U);
    EXPECT_TRUE(run(node->outcomes().before(command_of(new_app(app_token::make(), "x")))));
    const auto nowhere = command_of(new_message(token, 2, "x"));
    EXPECT_EQ(run(node->outcomes().before(nowhere)).error(), error::not_found);
    worker->commit(command_of(core::create_chat{token}));
    EXPECT_TRUE(run(node->outcomes().before(nowhere)));
}

TEST_F(shared_outcomes, nothing_is_told_of_what_was_not_passed) {
    const auto waiting = through(command_of(new_message(token, 1, "b")), 5);
    EXPECT_EQ(outcome(waiting).value(), std::nullopt);
    worker->commit(through(command_of(new_message(token, 1, "b")), 4));
    EXPECT_EQ(outcome(waiting).value(), std::nullopt);
    worker->commit(through(command_of(new_message(token, 1, "b")), 1, 0, second_epoch));
    EXPECT_EQ(outcome(waiting).value(), std::nullopt);
    EXPECT_EQ(outcome(through(command_of(new_message(token, 1, "b")), 5, 0, {})).value(), std::nullopt);
}

TEST_F(shared_outcomes, what_was_done_is_found_by_its_job) {
    const auto sent = through(command_of(new_message(token, 1, "b")), 1);
    worker->commit(sent);
    EXPECT_EQ(std::get<core::created>(*outcome(sent).value()).number, 2U);
    auto unsure = sent;  // whose entry is not known
    unsure.came = core::passage{};
    EXPECT_EQ(std::get<core::created>(*outcome(unsure).value()).number, 2U);
    const auto edited = through(command_of(edit(token, 1, 1, "c")), 2);
    worker->commit(edited);
    worker->commit(through(command_of(edit(token, 1, 1, "d")), 3));
    EXPECT_EQ(std::get<core::message>(*outcome(edited).value()).version, 2U);
    EXPECT_EQ(std::get<core::message>(*outcome(edited).value()).content, "c");
}

TEST_F(shared_outcomes, a_refusal_is_told_by_what_is_there) {
    const auto keyed = through(command_of(new_message(token, 1, "k"), key("k", "k")), 1);
    worker->commit(keyed);
    auto mismatch = edit(token, 1, 1, "x");
    mismatch.only_at = {7};
    const auto replay = through(command_of(new_message(token, 1, "k"), key("k", "k")), 2),
               reuse = through(command_of(new_message(token, 1, "l"), key("k", "l")), 3),
               no_message = through(command_of(edit(token, 1, 9, "x")), 4),
               no_chat = through(command_of(new_message(token, 9, "x")), 5),
               no_app = through(command_of(core::rename_app{app_token::make(), valid<core::app_name>("x")}), 6),
               stale = through(command_of(mismatch), 7),
               deletion = through(command_of(core::delete_message{token, chat_number(1), message_number(1)}), 8),
               too_late = through(command_of(edit(token, 1, 1, "x")), 9),
               again = through(command_of(core::delete_message{token, chat_number(1), message_number(1)}), 10);
    const auto answers =
        worker->commit({replay, reuse, no_message, no_chat, no_app, stale, deletion, too_late, again});
    EXPECT_EQ(std::get<core::replayed>(answers[0].value()).number, 2U);
    EXPECT_EQ(std::get<core::replayed>(*outcome(replay).value()).number, 2U);
    EXPECT_EQ(outcome(reuse).error(), answers[1].error());
    EXPECT_EQ(outcome(no_message).error(), answers[2].error());
    EXPECT_EQ(answers[3].error(), error::not_found);
    EXPECT_EQ(outcome(no_chat).value(), std::nullopt);  // a creation is never refused for being passed
    EXPECT_EQ(outcome(no_app).error(), answers[4].error());
    EXPECT_EQ(outcome(too_late).error(), answers[7].error());
    EXPECT_TRUE(std::get<core::message>(*outcome(again).value()).deleted_at);
    const auto lost = through(command_of(edit(token, 1, 2, "never sent")), 1);
    EXPECT_EQ(outcome(lost).error(), error::outcome_unknown);
}

}  // namespace
}  // namespace confab::testing
