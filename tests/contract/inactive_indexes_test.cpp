// The indexes that are not searched: built by a reindex, or left by an interrupted one. The tests use a real ledger in
// MySQL and real indexes in Elasticsearch.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/json/serialize.hpp>
#include <new>
#include <set>
#include <stdexcept>

#include "contract/shared_ledger.hpp"
#include "ops/check_index.hpp"
#include "ops/reindex_job.hpp"
#include "search/elastic/index_definition.hpp"
#include "search/indexed/inactive_index_follower.hpp"
#include "support/elastic.hpp"
#include "support/forwarding_progress.hpp"
#include "support/forwarding_reader.hpp"

namespace confab::testing::shared {
namespace {

using namespace std::chrono_literals;

constexpr const char* cluster = "0123456789abcdef";
constexpr const char* other_cluster = "fedcba9876543210";

// A ledger that fails to read the counters of some chats.
class failing_ledger final : public forwarding_reader {
public:
    failing_ledger(ledger::readers& to, std::function<bool(core::chat_id)> fails)
        : forwarding_reader(to), fails_(std::move(fails)) {}

    awaitable<result<core::chat_position>> position_of(core::chat_id chat) override {
        if (fails_(chat)) co_return error::unavailable;
        co_return co_await forwarding_reader::position_of(chat);
    }

private:
    const std::function<bool(core::chat_id)> fails_;
};

class inactive_indexes : public shared_ledger {
protected:
    void SetUp() override {
        shared_ledger::SetUp();
        search::migrate_elastic(options);
        token = new_chat(worker);
    }
    void TearDown() override {
        engine_answers(elastic::verb::erase, "/" + options.alias + "*");
        shared_ledger::TearDown();
    }

    static search::elastic_index_options own_options() {
        static int count = 0;
        return {
            .engine = elastic_server(), .cluster = cluster, .alias = fmt::format("inactive-{}-{}", getpid(), ++count)};
    }

    void say(std::uint64_t count) {
        std::vector<command> batch;
        for (; count > 0; --count) batch.push_back(command_of(new_message(token, 1, "a common text")));
        worker.commit(batch);
    }
    void remove(std::uint64_t message) {
        worker.commit(command_of(core::delete_message{token, chat_number(1), message_number(message)}));
    }

    core::chat_id chat(std::uint64_t number = 1) {
        return run(worker.reader().find_chat(token, chat_number(number))).value().id;
    }
    void open_chat_with_a_message(std::uint64_t number) {
        worker.commit(
            {command_of(core::create_chat{token}), command_of(new_message(token, number, "in another chat"))});
    }

    unsigned engine_answers(elastic::verb verb, const std::string& target, const std::string& body = "") {
        return run(engine->send(elastic::request(verb, target, body))).value().status;
    }
    bool is_there(const std::string& index) { return engine_answers(elastic::verb::get, "/" + index) == 200; }

    // Builds an index with the current messages of the chats.
    std::string half_built(const search::elastic_index_options& of) {
        const auto name = search::new_replacement_name(of);
        run(fill(of, name));
        return name;
    }
    awaitable<void> fill(search::elastic_index_options of, std::string name) {
        const auto home = co_await asio::this_coro::executor;
        const auto index = search::open_replacement_index(of, *progress, name);
        const auto made = co_await index->make();
        EXPECT_TRUE(made);
        search::index_follower follower(worker.reader(), index->reader(), index->writer(), {1, 1ms}, home);
        const auto done = co_await follower.catch_up();
        EXPECT_TRUE(done);
    }

    // The number of its messages with a text.
    std::uint64_t texts_in(const std::string& name) { return texts_in(options, name); }
    std::uint64_t texts_in(const search::elastic_index_options& of, const std::string& name) {
        const auto index = search::open_replacement_index(of, *progress, name);
        const auto slice = run(index->auditor().texts(chat(), {})).value();
        return static_cast<std::uint64_t>(
            std::ranges::count_if(slice.texts, [](const auto& t) { return !t.text.empty(); }));
    }

    // An empty index, as a reindex creates it.
    std::string leased_index() {
        const auto name = search::new_replacement_name(options);
        lease(name);
        EXPECT_TRUE(run(search::open_replacement_index(options, *progress, name)->make()));
        return name;
    }
    // Stores five messages in their first version.
    void store_five_texts(const std::string& name) {
        std::vector<search::indexed_text> texts;
        for (std::uint64_t n = 1; n <= 5; ++n) texts.push_back({message_number(n), 1, "a common text"});
        const auto index = search::open_replacement_index(options, *progress, name);
        EXPECT_TRUE(run(index->writer().store(chat(), texts, {}, {5, 0})));
    }

    // The number of texts that the engine has, including texts without recorded progress.
    std::uint64_t stored_in(const std::string& name) {
        EXPECT_EQ(engine_answers(elastic::verb::post, "/" + name + "/_refresh"), 200U);
        const auto found =
            run(engine->send(elastic::request(elastic::verb::get, "/" + name + "/_search?size=100"))).value();
        const auto& hits = found.body.at("hits").at("hits").as_array();
        return static_cast<std::uint64_t>(
            std::ranges::count_if(hits, [](const auto& hit) { return hit.at("_source").at("text") != ""; }));
    }

    void follow_inactive_indexes() { run(follow()); }
    awaitable<void> follow() {
        const auto home = co_await asio::this_coro::executor;
        search::inactive_index_follower follower(worker.reader(), *all_inactive, home, {});
        const auto done = co_await follower.catch_up();
        EXPECT_TRUE(done);
    }
    void remove_unused() { ASSERT_TRUE(run(all_inactive->remove_unused())); }

    void lease(const std::string& index) { ASSERT_TRUE(run(progress->claim(me, index)).value().is_mine); }
    static void let_lease_run_out() {
        execute({"update reindex_state set lease_until = utc_timestamp(6), kept_until = utc_timestamp(6)"});
    }

    std::vector<std::string> findings() {
        const auto auditor = ledger::mysql::open_mysql_auditor(mysql_server());
        const auto index = search::open_elastic_index(options, *progress);
        return run(ops::check_index(*auditor, index->auditor(), {})).value().findings;
    }

    std::string run_reindex(std::vector<std::string>& lines) {
        return run_reindex([&](const std::string& line) { lines.push_back(line); });
    }
    std::string run_reindex(std::function<void(const std::string&)> print = [](const std::string&) {}) {
        ops::reindex_job_options how{.after_messages = 1};
        how.print = std::move(print);
        return run_reindex(worker.reader(), std::move(how));
    }
    // The reason of the failure; empty: success.
    std::string run_reindex(ledger::readers& from, ops::reindex_job_options how) {
        return run_reindex(from, std::move(how), *progress);
    }
    std::string run_reindex(ledger::readers& from, ops::reindex_job_options how, ledger::index_progress& with) {
        asio::io_context loop;
        ops::reindex_job job(from, options, with, std::move(how), loop.get_executor());
        std::string why = "it did not end";
        asio::co_spawn(loop, job.run(), [&](std::exception_ptr failure, const ops::reindex_report&) {
            try {
                if (failure) std::rethrow_exception(failure);
                why.clear();
            } catch (const startup_error& cause) {
                why = cause.what();
            }
        });
        loop.run();
        return why;
    }

    std::string index_name() {
        const auto answer = run(engine->send(elastic::request(elastic::verb::get, "/" + options.alias))).value();
        return std::string(answer.body.as_object().begin()->key());
    }

    const search::elastic_index_options options = own_options();
    const std::unique_ptr<elastic::client> engine = elastic::make_client(options.engine);
    const std::unique_ptr<ledger::index_progress> progress =
        ledger::mysql::make_mysql_index_progress(mysql_with_schema());
    manual_worker worker;
    app_token token = app_token::make();
    const std::unique_ptr<search::inactive_indexes> all_inactive = search::open_inactive_indexes(options, *progress);
    const ledger::reindex_owner me{std::byte{1}}, somebody{std::byte{2}};
};

TEST_F(inactive_indexes, lose_what_is_deleted_from_the_ledger_while_they_are_not_searched) {
    say(20);
    const auto name = half_built(options);
    lease(name);
    ASSERT_EQ(texts_in(name), 20U);
    remove(7);
    worker.commit(command_of(edit(token, 1, 8, "another text")));
    follow_inactive_indexes();
    EXPECT_EQ(texts_in(name), 19U);
    say(5);  // left to the reindex
    follow_inactive_indexes();
    EXPECT_EQ(texts_in(name), 19U);
}

// A reindex reads a text that is then deleted, stores it, and is killed immediately afterwards.
TEST_F(inactive_indexes, lose_what_a_killed_reindex_stored_after_its_deletion) {
    say(5);
    const auto name = leased_index();
    remove(3);
    follow_inactive_indexes();
    store_five_texts(name);
    ASSERT_EQ(texts_in(name), 5U);
    follow_inactive_indexes();
    EXPECT_EQ(texts_in(name), 4U);
}

// It was killed between the two, so its progress lacks the stored texts.
TEST_F(inactive_indexes, lose_what_a_reindex_stored_without_saving_its_progress) {
    say(5);
    const auto name = leased_index();
    store_five_texts(name);
    execute({"update index_progress set messages = 0"});
    remove(3);
    follow_inactive_indexes();
    EXPECT_EQ(stored_in(name), 4U);
    execute({"update index_progress set messages = 2"});
    remove(4);
    follow_inactive_indexes();
    EXPECT_EQ(stored_in(name), 3U);
}

// Workers of a version with another folding apply nothing to the index: here there are no workers. The walk cannot
// continue or return to the chat until the deleted text is gone.
TEST_F(inactive_indexes, lose_what_is_deleted_while_the_reindex_that_builds_them_is_elsewhere) {
    say(20);
    open_chat_with_a_message(2);
    bool is_deleted = false, is_gone = false;
    failing_ledger from(worker.reader(), [&, second = chat(2)](core::chat_id c) { return c == second && !is_gone; });
    ops::reindex_job_options how{.after_messages = 1, .give_up_after = 60s, .follow_every = 50ms};
    how.print = [&](const std::string& line) {
        if (line.find("trying again") == line.npos) return;
        if (std::exchange(is_deleted, true))
            is_gone = texts_in(run(progress->lease()).value()->index) == 19;
        else
            remove(3);
    };
    EXPECT_EQ(run_reindex(from, std::move(how)), "");
    EXPECT_TRUE(is_gone);
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(inactive_indexes, record_a_chat_before_its_first_text_is_stored) {
    say(1);
    const auto name = search::new_replacement_name(options);
    const auto without_alias = boost::json::serialize(search::definition_body(1, {}, cluster));
    ASSERT_EQ(engine_answers(elastic::verb::put, "/" + name, without_alias), 200U);
    const auto index = search::open_replacement_index(options, *progress, name);
    const std::vector<search::indexed_text> text = {{message_number(1), 1, "a common text"}};
    EXPECT_FALSE(run(index->writer().store(chat(), text, {}, {1, 0})));
    EXPECT_EQ(ask("select count(*) from index_progress where messages = 0 and changes = 0"), "1");
    EXPECT_TRUE(run(index->writer().chats({})).value().empty());
}

// A finished reindex leaves nothing to resume.
TEST_F(inactive_indexes, are_not_resumed_once_they_are_searched) {
    say(5);
    ASSERT_EQ(run_reindex(), "");
    const auto searched = index_name();
    lease(searched);
    ASSERT_TRUE(run(progress->give_up(me, {})));
    ASSERT_EQ(run_reindex(), "");
    EXPECT_NE(index_name(), searched);
}

TEST_F(inactive_indexes, are_removed_once_no_reindex_may_resume_them) {
    say(20);
    const auto searched = index_name(), name = half_built(options);
    lease(name);
    for (int i = 0; i < 3; ++i) remove_unused();
    EXPECT_TRUE(is_there(name));
    ASSERT_TRUE(run(progress->give_up(me, {})));
    for (int i = 0; i < 3; ++i) remove_unused();
    EXPECT_TRUE(is_there(name));
    let_lease_run_out();
    remove_unused();
    EXPECT_TRUE(is_there(name));  // a search may still use it
    EXPECT_EQ(ask("select count(*) from reindex_state"), "0");
    EXPECT_EQ(ask("select count(*) from index_progress"), "1");
    remove_unused();
    EXPECT_FALSE(is_there(name));
    EXPECT_EQ(ask("select count(*) from index_progress"), "0");
    EXPECT_TRUE(is_there(searched));
}

// This version cannot apply deletions to it.
TEST_F(inactive_indexes, of_another_folding_are_kept_only_while_their_reindex_runs) {
    const auto name = search::new_replacement_name(options);
    const std::vector<std::string> aliases(1, search::write_alias_of(name));
    auto body = search::definition_body(1, aliases, cluster).as_object();
    body["mappings"].as_object()["_meta"].as_object()["folding"] = "2 of Unicode 99";
    ASSERT_EQ(engine_answers(elastic::verb::put, "/" + name, boost::json::serialize(body)), 200U);
    lease(name);
    for (int i = 0; i < 3; ++i) remove_unused();
    EXPECT_TRUE(is_there(name));
    ASSERT_TRUE(run(progress->give_up(me, {})));
    for (int i = 0; i < 2; ++i) remove_unused();
    EXPECT_FALSE(is_there(name));
}

TEST_F(inactive_indexes, of_another_ledger_or_of_none_are_not_removed) {
    say(20);
    auto others = options, nobodys = options;
    others.cluster = other_cluster;
    nobodys.cluster.clear();
    const auto theirs = half_built(others), unnamed = half_built(nobodys);
    ASSERT_EQ(engine_answers(elastic::verb::put, "/" + options.alias + "-0123456789abcdef"), 200U);  // without _meta
    const auto searched_by_another_name = half_built(options);
    ASSERT_EQ(engine_answers(elastic::verb::put, "/" + searched_by_another_name + "/_alias/" + options.alias + "-mine"),
              200U);
    remove(3);
    follow_inactive_indexes();
    for (int i = 0; i < 3; ++i) remove_unused();
    for (const auto& name : {theirs, unnamed, options.alias + "-0123456789abcdef", searched_by_another_name})
        EXPECT_TRUE(is_there(name)) << name;
    EXPECT_EQ(texts_in(others, theirs), 20U);
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(inactive_indexes, that_are_gone_are_forgotten_unless_the_engine_may_be_the_wrong_one) {
    say(20);
    const auto name = half_built(options), kept = half_built(options);
    lease(kept);
    ASSERT_EQ(engine_answers(elastic::verb::erase, "/" + name), 200U);
    auto elsewhere = options;
    elsewhere.alias += "-elsewhere";
    ASSERT_TRUE(run(search::open_inactive_indexes(elsewhere, *progress)->remove_unused()));
    EXPECT_EQ(ask("select count(*) from index_progress"), "2");
    auto unreachable = options;
    unreachable.engine.where = engine_url::parse("http://127.0.0.1:1", "http", 9200);
    EXPECT_EQ(run(search::open_inactive_indexes(unreachable, *progress)->remove_unused()).error(), error::unavailable);
    EXPECT_EQ(ask("select count(*) from index_progress"), "2");
    remove_unused();
    EXPECT_EQ(ask("select count(*) from index_progress"), "1");
    EXPECT_EQ(texts_in(kept), 20U);
}

TEST_F(inactive_indexes, are_findings_of_check_unless_a_reindex_runs) {
    say(20);
    const auto name = half_built(options);
    const auto finding = [&](const std::string& what) {
        return std::vector<std::string>{fmt::format("the search index: {} {}", name, what)};
    };
    EXPECT_EQ(findings(),
              finding("is orphaned: it belongs to this ledger, but no alias names it; a worker will remove it"));
    lease(name);
    EXPECT_EQ(findings(), std::vector<std::string>());
    ASSERT_TRUE(run(progress->give_up(me, {})));
    const auto since = run(progress->lease()).value()->since;
    EXPECT_EQ(findings(), finding(fmt::format(
                              "is incomplete: the reindex of {} ended early, and `confab reindex` resumes it", since)));
}

TEST_F(inactive_indexes, are_leased_to_one_reindex_at_a_time) {
    const auto first = run(progress->claim(me, "one")).value();
    EXPECT_TRUE(first.is_mine && first.is_owned && first.is_kept);
    EXPECT_TRUE(run(progress->claim(me, "one")).value().is_mine);  // its first response was lost
    const auto refused = run(progress->claim(somebody, "two")).value();
    EXPECT_TRUE(!refused.is_mine && refused.is_owned && refused.index == "one" && refused.since == first.since);
    EXPECT_FALSE(run(progress->renew(somebody, core::chat_id(9))).value());
    EXPECT_TRUE(run(progress->renew(me, core::chat_id(5))).value());
    EXPECT_TRUE(run(progress->renew(me, core::chat_id(3))).value());
    execute({"update reindex_state set lease_until = utc_timestamp(6)"});  // it was killed half a minute ago
    const auto taken = run(progress->claim(somebody, "two")).value();
    EXPECT_TRUE(taken.is_mine && taken.index == "one" && taken.last_chat == core::chat_id(5));
    EXPECT_FALSE(run(progress->renew(me, core::chat_id(9))).value());
    ASSERT_TRUE(run(progress->finish(me)));
    EXPECT_TRUE(run(progress->lease()).value());
    EXPECT_TRUE(run(progress->begin_again(somebody, "three")).value());
    EXPECT_EQ(run(progress->lease()).value()->last_chat, core::chat_id());
    ASSERT_TRUE(run(progress->finish(somebody)));
    EXPECT_FALSE(run(progress->lease()).value());
}

TEST_F(inactive_indexes, are_resumed_by_the_next_reindex) {
    say(20);
    const auto before = index_name(), name = half_built(options);
    lease(name);
    EXPECT_NE(run_reindex().find("another reindex has been running since "), std::string::npos);
    ASSERT_TRUE(run(progress->give_up(me, {})));
    remove(3);
    say(5);
    std::vector<std::string> lines;
    EXPECT_EQ(run_reindex(lines), "");
    ASSERT_FALSE(lines.empty());
    EXPECT_NE(lines.front().find("resuming the reindex of "), std::string::npos) << lines.front();
    EXPECT_EQ(index_name(), name);
    EXPECT_FALSE(is_there(before));
    EXPECT_EQ(texts_in(name), 24U);
    EXPECT_EQ(ask("select count(*) from reindex_state"), "0");
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(inactive_indexes, are_left_to_the_next_reindex_when_nothing_succeeds_for_too_long) {
    say(20);
    const auto searched = index_name();
    failing_ledger from(worker.reader(), [](core::chat_id) { return true; });
    std::vector<std::string> lines;
    ops::reindex_job_options how{.after_messages = 1, .give_up_after = 2s};
    how.ledger_failure = [] { return "MySQL is on holiday"; };
    how.print = [&](const std::string& line) { lines.push_back(line); };
    EXPECT_EQ(run_reindex(from, std::move(how)), "MySQL is on holiday");
    EXPECT_EQ(std::ranges::count(lines, "MySQL is on holiday; trying again in 1 s"), 1);
    EXPECT_EQ(index_name(), searched);
    lines.clear();
    EXPECT_EQ(run_reindex(lines), "");
    EXPECT_NE(lines.front().find("resuming the reindex of "), std::string::npos) << lines.front();
    EXPECT_EQ(texts_in(index_name()), 20U);
}

// Three failures of a second each, each followed by a success.
TEST_F(inactive_indexes, are_built_to_the_end_when_something_succeeds_in_between) {
    say(20);
    for (const auto number : {2U, 3U}) open_chat_with_a_message(number);
    std::set<core::chat_id> failed;
    failing_ledger from(worker.reader(), [&](core::chat_id c) { return failed.insert(c).second; });
    EXPECT_EQ(run_reindex(from, {.after_messages = 1, .give_up_after = 2s}), "");
    EXPECT_EQ(failed.size(), 3U);
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(inactive_indexes, are_left_to_the_reindex_that_took_over_when_the_lease_ran_out) {
    say(20);
    const auto before = index_name();
    const auto lose_lease = [&](const std::string&) {
        execute({"update reindex_state set owner = x'02000000000000000000000000000000'"});
    };
    EXPECT_EQ(run_reindex(lose_lease), "another reindex took the lease");
    EXPECT_EQ(index_name(), before);
    EXPECT_TRUE(run(progress->renew(somebody, {})).value());
}

TEST_F(inactive_indexes, that_are_unusable_are_rebuilt_under_another_name) {
    say(20);
    lease("inactive-that-never-was");
    ASSERT_TRUE(run(progress->give_up(me, core::chat_id(1'000'000))));
    std::vector<std::string> lines;
    EXPECT_EQ(run_reindex(lines), "");
    EXPECT_EQ(lines, std::vector<std::string>{"building the index " + index_name()});
    EXPECT_EQ(texts_in(index_name()), 20U);
    EXPECT_EQ(findings(), std::vector<std::string>());
}

// While `follows` and `renews` say no, the background work of a reindex fails.
class failing_progress final : public forwarding_progress {
public:
    using forwarding_progress::forwarding_progress;

    awaitable<result<chats_slice>> changed_chats(const ledger::index_id& index, core::chat_id after) override {
        if (!follows()) co_return error::unavailable;
        co_return co_await forwarding_progress::changed_chats(index, after);
    }
    awaitable<result<bool>> renew(const ledger::reindex_owner& owner, core::chat_id last_chat) override {
        if (!renews()) co_return error::unavailable;
        co_return co_await forwarding_progress::renew(owner, last_chat);
    }

    std::function<bool()> follows = [] { return true; }, renews = [] { return true; };
};

constexpr auto no_changes =
    "changes, such as deletions, do not reach the indexes that are not searched for now: MySQL is on holiday";
constexpr auto changes_again = "changes reach the indexes that are not searched again";

// The walk waits at the second chat for `enough`.
class failing_background : public inactive_indexes {
protected:
    std::string run_reindex_until(std::function<bool()> enough, ops::reindex_job_options how = {.after_messages = 1}) {
        say(20);
        open_chat_with_a_message(2);
        failing_ledger from(worker.reader(),
                            [&, second = chat(2)](core::chat_id c) { return c == second && !enough(); });
        how.follow_every = how.renew_every = 50ms;
        how.ledger_failure = [] { return "MySQL is on holiday"; };
        how.print = [this](const std::string& line) { lines.push_back(line); };
        return run_reindex(from, std::move(how), background);
    }
    std::ptrdiff_t count(std::string_view line) { return std::ranges::count(lines, line); }

    std::vector<std::string> lines;
    failing_progress background{*progress};
};

TEST_F(failing_background, of_a_reindex_is_reported_when_it_begins_and_ends) {
    constexpr auto no_lease = "the lease of the reindex is not renewed for now: MySQL is on holiday";
    constexpr auto lease_again = "the lease of the reindex is renewed again";
    int followed = 0, renewed = 0;
    background.follows = [&] { return ++followed > 3; };
    background.renews = [&] { return ++renewed > 3; };
    EXPECT_EQ(run_reindex_until([&] { return count(changes_again) > 0 && count(lease_again) > 0; }), "");
    for (const auto* line : {no_changes, changes_again, no_lease, lease_again}) EXPECT_EQ(count(line), 1) << line;
}

TEST_F(failing_background, leaves_a_whole_index_that_the_walks_have_completed) {
    bool is_deleted = false;
    background.follows = [&] {
        if (!std::exchange(is_deleted, true)) remove(3);
        return false;
    };
    EXPECT_EQ(run_reindex_until([&] { return count(no_changes) > 0; }), "");
    EXPECT_EQ(count(no_changes), 1);
    EXPECT_LE(count(changes_again), 1);  // if there is a pass after the new index is searched, and no other is left
    EXPECT_EQ(texts_in(index_name()), 19U);
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(failing_background, is_the_reason_that_an_unfinished_index_may_hold_deleted_texts) {
    background.follows = [] { return false; };
    const auto why = run_reindex_until([] { return false; }, {.after_messages = 1, .give_up_after = 2s});
    const auto name = run(progress->lease()).value()->index;
    EXPECT_EQ(why,
              fmt::format("MySQL is on holiday; the index {}, and any other that is not searched, may hold deleted "
                          "texts until workers or `confab reindex` apply the changes (MySQL is on holiday)",
                          name));
}

TEST_F(failing_background, that_throws_ends_a_reindex_which_can_be_resumed) {
    background.follows = []() -> bool { throw std::bad_alloc(); };
    EXPECT_THROW(run_reindex_until([] { return false; }), std::bad_alloc);
    EXPECT_EQ(run_reindex(lines), "");
    EXPECT_NE(lines.back().find(", index " + index_name()), std::string::npos) << lines.back();
    EXPECT_EQ(texts_in(index_name()), 20U);
}

// The renewal of the lease throws once the texts of the new index, which is searched by then, are counted.
class failing_last final : public forwarding_progress {
public:
    failing_last(ledger::index_progress& to, std::function<bool()> is_searched)
        : forwarding_progress(to), is_searched_(std::move(is_searched)) {}

    awaitable<result<bool>> renew(const ledger::reindex_owner& owner, core::chat_id last_chat) override {
        const bool is_in_background = !std::exchange(has_renewed_, true);
        if (!is_in_background) co_return co_await forwarding_progress::renew(owner, last_chat);
        asio::steady_timer pause(co_await asio::this_coro::executor);
        for (int i = 0; i < 6000 && !is_counting_; ++i) {
            pause.expires_after(5ms);
            co_await pause.async_wait(asio::use_awaitable);
        }
        throw std::runtime_error("out of luck");
    }
    awaitable<result<std::vector<core::chat_position>>> chats(const ledger::index_id& index,
                                                              core::chat_id after) override {
        is_counting_ = is_counting_ || is_searched_();
        return forwarding_progress::chats(index, after);
    }

private:
    const std::function<bool()> is_searched_;
    bool has_renewed_ = false, is_counting_ = false;
};

TEST_F(inactive_indexes, built_by_a_reindex_are_whole_if_its_background_work_throws_at_the_end) {
    say(20);
    failing_last background(*progress, [this, before = index_name()] { return index_name() != before; });
    std::vector<std::string> lines;
    ops::reindex_job_options how{.after_messages = 1};
    how.renew_every = 1ms;
    how.print = [&](const std::string& line) { lines.push_back(line); };
    EXPECT_EQ(run_reindex(worker.reader(), std::move(how), background), "");
    EXPECT_EQ(lines.back(), "the reindex is complete; its background work failed at the end: out of luck");
    EXPECT_EQ(texts_in(index_name()), 20U);
    EXPECT_EQ(findings(), std::vector<std::string>());
}

}  // namespace
}  // namespace confab::testing::shared
