// The SQLite ledger: the contract, and its own features.
#include <boost/asio/thread_pool.hpp>
#include <fstream>

#include "base/error.hpp"
#include "contract/checked_ledger.hpp"
#include "drivers/sqlite/sqlite.hpp"
#include "ledger/sqlite/data_folder.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "ops/check.hpp"
#include "support/commit.hpp"
#include "support/file_size_limit.hpp"
#include "support/folder.hpp"

namespace confab::testing {
namespace {

class sqlite_fixture final : public ledger_fixture {
public:
    sqlite_fixture() { open(); }

    ledger::readers& reader() override { return opened_->reader(); }
    ledger::writer& writer() override { return opened_->writer(); }
    ledger::auditor& auditor() override {
        auditor_ = ledger::sqlite::open_sqlite_auditor(folder_.path());
        return *auditor_;
    }
    void reopen() override {
        opened_.reset();
        open();
    }

private:
    void open() { opened_ = ledger::sqlite::open_sqlite_ledger({folder_.path(), pool_.get_executor()}); }

    temporary_folder folder_;
    asio::thread_pool pool_{1};
    std::unique_ptr<ledger::sqlite::sqlite_ledger> opened_;
    std::unique_ptr<ledger::auditor> auditor_;
};

INSTANTIATE_TEST_SUITE_P(sqlite, ledger_contract,
                         ::testing::Values(named_ledger{"sqlite", [] { return std::make_unique<sqlite_fixture>(); }}),
                         [](const auto& tested) { return tested.param.name; });

class sqlite_data : public ::testing::Test {
protected:
    std::unique_ptr<ledger::sqlite::sqlite_ledger> open() {
        return ledger::sqlite::open_sqlite_ledger({folder.path(), pool.get_executor()});
    }

    std::string refusal() {
        try {
            open();
        } catch (const startup_error& cause) {
            return cause.what();
        }
        return "opened";
    }

    std::string file() const { return ledger::sqlite::data_folder::database_in(folder.path()); }

    temporary_folder folder;
    asio::thread_pool pool{1};
};

TEST_F(sqlite_data, syncs_every_commit_and_logs_ahead) {
    const auto opened = open();
    sqlite::connection db(file(), sqlite::access::read_only);
    auto mode = db.prepare("pragma journal_mode");
    ASSERT_TRUE(mode.row());
    EXPECT_EQ(mode.text(0), "wal");
}

TEST_F(sqlite_data, in_use_is_refused) {
    const auto first = open();
    EXPECT_NE(refusal().find("another confab (process "), std::string::npos) << refusal();
}

TEST_F(sqlite_data, of_a_newer_schema_is_refused_and_unchanged) {
    open();
    {
        sqlite::connection db(file(), sqlite::access::read_write);
        db.execute("update meta set value = 9999 where key = 'schema_version'");
    }
    EXPECT_NE(refusal().find("schema version 9999"), std::string::npos) << refusal();
    EXPECT_THROW(ledger::sqlite::open_sqlite_auditor(folder.path()), startup_error);
}

TEST_F(sqlite_data, of_another_program_is_refused) {
    {
        sqlite::connection db(file(), sqlite::access::create);
        db.execute("create table something(a)");
    }
    EXPECT_NE(refusal().find("another program"), std::string::npos) << refusal();
}

TEST_F(sqlite_data, is_not_there_to_audit_before_a_server_made_it) {
    EXPECT_THROW(ledger::sqlite::open_sqlite_auditor(folder.path()), startup_error);
}

TEST_F(sqlite_data, is_made_with_all_its_parent_folders) {
    const auto deep = folder.path() / "a" / "b" / "c";
    const auto opened = ledger::sqlite::open_sqlite_ledger({deep, pool.get_executor()});
    EXPECT_TRUE(std::filesystem::exists(deep / "confab.db"));
    EXPECT_EQ(opened->folder(), deep);
}

class damaged_rows : public sqlite_data {
protected:
    damaged_rows() {
        const auto opened = open();
        core::state state;
        commit(opened->writer(), {command(testing::new_app(token, "an app"), key("k", "payload"))}, state);
    }

    void execute(const char* sql) const { sqlite::connection(file(), sqlite::access::read_write).execute(sql); }

    std::vector<std::string> findings() const {
        return run(ops::check(*ledger::sqlite::open_sqlite_auditor(folder.path()))).value().findings;
    }

    // The outcome of the same command with the same key.
    static result<core::command_result> create_again(ledger::sqlite::sqlite_ledger& in, const core::app_token& app,
                                                     std::string_view payload) {
        const auto again = command(testing::new_app(app, "an app"), key("k", payload));
        const std::vector<const core::command*> commands{&again};
        core::state state;
        if (const auto loaded = run(in.writer().load(commands, state)); !loaded) return loaded.error();
        core::batch_effects effects;
        return core::decide(state, again, now(), {}, effects);
    }

    const core::app_token token = core::app_token::make();
};

TEST_F(damaged_rows, of_apps_are_unavailable_and_found_by_check) {
    execute("update apps set token = 'short'");
    auto opened = open();
    EXPECT_EQ(run(opened->reader().find_app(core::app_id(1))).error(), error::unavailable);
    EXPECT_EQ(run(opened->reader().apps({.last = core::number_max})).error(), error::unavailable);
    EXPECT_EQ(run(opened->reader().find_app(token)).error(), error::not_found);
    const auto found = findings();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NE(found[0].find("short"), std::string::npos) << found[0];

    sqlite::connection(file(), sqlite::access::read_write)
        .prepare("update apps set token = ?")
        .bind(token.text())
        .run();
    opened.reset();
    opened = open();
    EXPECT_TRUE(run(opened->reader().find_app(core::app_id(1))));
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(damaged_rows, of_keys_are_unavailable_and_found_by_check) {
    const auto fingerprint = key("k", "payload")->fingerprint;
    execute("update idempotency set fingerprint = substr(fingerprint, 1, 31)");
    const auto opened = open();
    EXPECT_EQ(create_again(*opened, token, "payload").error(), error::unavailable);
    EXPECT_EQ(create_again(*opened, token, "another").error(), error::unavailable);
    const auto found = findings();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NE(found[0].find("digests of 32 and 31 bytes"), std::string::npos) << found[0];

    sqlite::connection(file(), sqlite::access::read_write)
        .prepare("update idempotency set fingerprint = ?")
        .bind(sqlite::blob(fingerprint))
        .run();
    EXPECT_TRUE(create_again(*opened, token, "payload"));
    EXPECT_EQ(create_again(*opened, token, "another").error(), error::key_reused);
    EXPECT_EQ(findings(), std::vector<std::string>());
}

TEST_F(damaged_rows, of_keys_whose_hash_is_damaged_are_found_by_check) {
    execute("update idempotency set key_hash = cast(key_hash || x'00' as blob)");
    const auto found = findings();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NE(found[0].find("digests of 33 and 32 bytes"), std::string::npos) << found[0];
}

// Neither folding nor JSON may get such a text.
TEST_F(damaged_rows, of_messages_are_unavailable_and_found_by_check) {
    {
        const auto opened = open();
        core::state state;
        commit(opened->writer(), {command(core::create_chat{token})}, state);
        commit(opened->writer(), {command(testing::new_message(token, 1, "Gr\xc3\xbc\xc3\x9f"))}, state);
    }
    for (const std::string column : {"content", "sender", "metadata"}) {
        execute(("update messages set " + column + " = cast(x'6772c320' as text)").c_str());
        const auto opened = open();
        auto& reader = opened->reader();
        const core::chat_id chat(1);
        const ledger::window all{.last = core::number_max};
        EXPECT_EQ(run(reader.messages(chat, all)).error(), error::unavailable);
        const auto query = core::folded_query("gr");
        EXPECT_EQ(run(reader.matching(chat, all, query)).error(), error::unavailable);
        if (column == "content") {
            EXPECT_EQ(run(reader.texts(chat, all)).error(), error::unavailable);
        }
        const auto found = findings();
        ASSERT_EQ(found.size(), 1U) << column;
        EXPECT_NE(found[0].find("not UTF-8"), std::string::npos) << found[0];
        execute(("update messages set " + column + (column == "content" ? " = 'gr'" : " = null")).c_str());
    }
}

TEST_F(damaged_rows, of_names_and_versions_are_unavailable_and_found_by_check) {
    {
        const auto opened = open();
        core::state state;
        commit(opened->writer(), {command(core::create_chat{token})}, state);
        commit(opened->writer(), {command(testing::new_message(token, 1, "first"))}, state);
        commit(opened->writer(), {command(testing::edit(token, 1, 1, "second"))}, state);
    }
    execute("update apps set name = cast(x'6772c320' as text)");
    execute("update changes set content_before = cast(x'6772c320' as text)");
    const auto opened = open();
    EXPECT_EQ(run(opened->reader().find_app(token)).error(), error::unavailable);
    EXPECT_EQ(run(opened->reader().versions(core::chat_id(1), core::message_number(1), 0)).error(), error::unavailable);
    EXPECT_EQ(findings().size(), 2U);
}

// Otherwise a client that repeats its edit would have every batch refused.
TEST_F(damaged_rows, of_messages_can_be_edited_and_deleted) {
    {
        const auto opened = open();
        core::state state;
        commit(opened->writer(), {command(core::create_chat{token})}, state);
        commit(opened->writer(), {command(testing::new_message(token, 1, "first"))}, state);
    }
    execute("update messages set content = cast(x'6772c320' as text)");
    const auto opened = open();
    core::state state;
    commit(opened->writer(), {command(testing::edit(token, 1, 1, "second"))}, state);
    const auto found = run(opened->reader().find_message(token, core::chat_number(1), core::message_number(1)));
    EXPECT_EQ(found.value().content, "second");
}

TEST_F(damaged_rows, of_expired_keys_are_purged) {
    execute("update idempotency set key_hash = x'00', expires_at = 1");
    run(open()->writer().maintain(now()));
    EXPECT_EQ(findings(), std::vector<std::string>());
}

// Copies of an open ledger's files show what a crash leaves, or a power cut that loses unsynced data.
class sqlite_crash : public sqlite_data {
protected:
    // As after a power cut that loses all of SQLite's WAL: only a checkpoint syncs it.
    void copy_without_sqlites_log() const { copy({"confab.db", "confab-journal.0", "confab-journal.1"}); }
    void copy_database_and_its_log() const { copy({"confab.db", "confab.db-wal"}); }
    void copy_journal() const { copy({"confab-journal.0", "confab-journal.1"}); }

    std::unique_ptr<ledger::sqlite::sqlite_ledger> open_copy() {
        return ledger::sqlite::open_sqlite_ledger({after.path(), pool.get_executor()});
    }

    // Two messages, each a batch of its own, one of them edited and one deleted later; and a key.
    void plan_some() {
        steps.push_back({command(testing::new_app(token, "an app"))});
        steps.push_back({command(core::create_chat{token})});
        steps.push_back({command(new_message(token, 1, "first")), command(new_message(token, 1, "second"))});
        steps.push_back({command(core::edit_message{token, core::chat_number(1), core::message_number(1),
                                                    core::message_content::trusted("edited"), std::nullopt})});
        steps.push_back({command(core::delete_message{token, core::chat_number(1), core::message_number(2)})});
    }

    static std::optional<std::string> content(ledger::sqlite::sqlite_ledger& of, const core::app_token& app,
                                              std::uint64_t number) {
        const auto found = run(of.reader().find_message(app, core::chat_number(1), core::message_number(number)));
        return found ? std::optional(found->content) : std::nullopt;
    }

    static std::uint64_t count(ledger::sqlite::sqlite_ledger& of, const core::app_token& app) {
        const auto chat = run(of.reader().find_chat(app, core::chat_number(1)));
        return chat ? chat->messages_count : 0;
    }

    temporary_folder after;
    std::vector<std::vector<core::command>> steps;
    core::app_token token = core::app_token::make();

private:
    void copy(std::initializer_list<const char*> names) const {
        for (const auto* name : names) {
            std::filesystem::copy_file(folder.path() / name, after.path() / name,
                                       std::filesystem::copy_options::overwrite_existing);
        }
    }
};

TEST_F(sqlite_crash, leaves_what_was_applied_in_the_journal) {
    plan_some();
    const auto opened = open();
    core::state state;
    for (std::size_t done = 0; done < steps.size(); ++done) {
        commit(opened->writer(), steps[done], state);
        copy_without_sqlites_log();
        const auto copy = open_copy();
        EXPECT_EQ(run(copy->reader().find_app(token)).value().chats_count, done < 1 ? 0U : 1U);
        EXPECT_EQ(count(*copy, token), done < 2 ? 0U : 2U);
        if (done >= 2) {
            EXPECT_EQ(content(*copy, token, 1), done < 3 ? "first" : "edited");
            EXPECT_EQ(content(*copy, token, 2), done < 4 ? "second" : "");
        }
    }
}

TEST_F(sqlite_crash, is_recovered_once_and_goes_on_from_there) {
    plan_some();
    const auto opened = open();
    core::state state;
    for (const auto& batch : steps) commit(opened->writer(), batch, state);
    copy_without_sqlites_log();
    for (std::uint64_t round = 1; round <= 3; ++round) {
        const auto copy = open_copy();
        core::state fresh;
        commit(copy->writer(), {command(new_message(token, 1, "later"))}, fresh);
        EXPECT_EQ(count(*copy, token), 2 + round);
        EXPECT_EQ(content(*copy, token, 1), "edited");
    }
}

TEST_F(sqlite_crash, of_thousands_of_batches_leaves_all_of_them) {
    const auto opened = open();
    core::state state;
    commit(opened->writer(), {command(testing::new_app(token, "an app")), command(core::create_chat{token})}, state);
    constexpr std::uint64_t batches = 600;
    for (std::uint64_t batch = 1; batch <= batches; ++batch) {
        std::vector<core::command> commands;
        for (int i = 0; i < 20; ++i) commands.push_back(command(new_message(token, 1, std::string(1000, 'x'))));
        commit(opened->writer(), commands, state);
        run(opened->writer().maintain(now()));
        if (batch % 200 != 50) continue;
        copy_without_sqlites_log();
        std::filesystem::copy_file(file() + "-wal", after.path() / "confab.db-wal",
                                   std::filesystem::copy_options::overwrite_existing);
        EXPECT_EQ(count(*open_copy(), token), batch * 20);
    }
    for (const auto* name : {"confab-journal.0", "confab-journal.1"})
        EXPECT_LT(std::filesystem::file_size(folder.path() / name), 6U * 1024 * 1024) << "the segments alternate";
}

TEST_F(sqlite_crash, leaves_a_batch_too_large_for_the_journal_in_the_database) {
    const auto opened = open();
    core::state state;
    commit(opened->writer(), {command(testing::new_app(token, "an app")), command(core::create_chat{token})}, state);
    std::vector<core::command> large;
    for (int i = 0; i < 40; ++i) large.push_back(command(new_message(token, 1, std::string(60'000, 'x'))));
    commit(opened->writer(), large, state);
    copy_database_and_its_log();
    EXPECT_EQ(count(*open_copy(), token), 40U);
}

// An older database must not be accepted as one that the journal continues.
TEST_F(sqlite_crash, leaves_a_journal_that_lacks_a_batch_too_large_for_it) {
    {
        const auto opened = open();
        core::state state;
        commit(opened->writer(), {command(testing::new_app(token, "an app")), command(core::create_chat{token})},
               state);
        ASSERT_TRUE(run(opened->reader().find_app(token)));  // commits
        copy_database_and_its_log();
        commit(opened->writer(), {command(new_message(token, 1, "through the journal"))}, state);
        std::vector<core::command> large;
        for (int i = 0; i < 40; ++i) large.push_back(command(new_message(token, 1, std::string(60'000, 'x'))));
        commit(opened->writer(), large, state);
        commit(opened->writer(), {command(new_message(token, 1, "through the journal again"))}, state);
        copy_journal();
    }
    try {
        open_copy();
        ADD_FAILURE() << "opened";
    } catch (const startup_error& cause) {
        EXPECT_NE(std::string(cause.what()).find("the journal lacks batch 3"), std::string::npos) << cause.what();
    }
}

TEST_F(sqlite_data, is_in_the_database_alone_after_an_orderly_end) {
    const auto token = core::app_token::make();
    {
        const auto opened = open();
        core::state state;
        commit(opened->writer(), {command(testing::new_app(token, "an app"))}, state);
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
        EXPECT_TRUE(entry.path().filename() == "confab.db" || entry.path().filename() == "confab.lock") << entry.path();
    sqlite::connection db(file(), sqlite::access::read_only);
    auto apps = db.prepare("select token from apps");
    ASSERT_TRUE(apps.row());
    EXPECT_EQ(apps.text(0), token.text());
}

TEST_F(sqlite_data, counts_the_batches_that_do_without_the_journal) {
    const auto token = core::app_token::make();
    core::state state;
    const auto opened = open();
    EXPECT_EQ(opened->batches_without_journal(), 0U);
    {
        const file_size_limit limit(200'000'000);
        commit(opened->writer(), {command(testing::new_app(token, "an app"))}, state);
        ASSERT_TRUE(run(opened->reader().find_app(token)));  // commits, and checks the limit
        commit(opened->writer(), {command(core::create_chat{token})}, state);
        commit(opened->writer(), {command(core::create_chat{token})}, state);
        EXPECT_EQ(opened->batches_without_journal(), 2U);
        EXPECT_NE(ledger::sqlite::journal_of(folder.path()).off_reason.value().find("ulimit -f"), std::string::npos);
    }
    commit(opened->writer(), {command(core::create_chat{token})}, state);  // turns the journal on again
    commit(opened->writer(), {command(core::create_chat{token})}, state);
    ASSERT_TRUE(run(opened->reader().find_app(token)));
    EXPECT_EQ(opened->batches_without_journal(), 3U);
    EXPECT_FALSE(ledger::sqlite::journal_of(folder.path()).off_reason);
}

TEST_F(sqlite_data, of_the_first_schema_is_migrated) {
    open();
    {
        sqlite::connection db(file(), sqlite::access::read_write);
        db.execute(
            "delete from meta where key = 'applied_batch'; update meta set value = 1 where key = 'schema_version'");
    }
    EXPECT_EQ(refusal(), "opened");
}

// A database that cannot apply what the journal has: reads do not see it, no other write is accepted, and nothing is
// lost.
TEST_F(sqlite_crash, is_not_needed_for_the_database_to_catch_up_again) {
    const auto opened = open();
    core::state state;
    commit(opened->writer(), {command(testing::new_app(token, "an app")), command(core::create_chat{token})}, state);
    ASSERT_EQ(count(*opened, token), 0U);
    std::vector<core::command> batch;
    for (int i = 0; i < 10; ++i) batch.push_back(command(new_message(token, 1, std::string(60'000, 'x'))));
    {
        const file_size_limit limit(200'000);
        // The record fits, but its pages do not.
        commit(opened->writer(), {batch.begin(), batch.begin() + 3}, state);
        const auto unread = run(opened->reader().find_chat(token, core::chat_number(1)));
        const auto more = command(new_message(token, 1, "refused"));
        const std::vector<const core::command*> commands{&more};
        const auto refused = run(opened->writer().load(commands, state));
        EXPECT_EQ(unread.error(), error::unavailable);
        EXPECT_EQ(refused.error(), error::unavailable);
    }
    commit(opened->writer(), {batch.begin() + 3, batch.end()}, state);
    EXPECT_EQ(count(*opened, token), 10U);
    EXPECT_EQ(content(*opened, token, 10), std::string(60'000, 'x'));
}

}  // namespace
}  // namespace confab::testing
