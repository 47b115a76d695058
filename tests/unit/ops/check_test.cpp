// `check` finds each kind of damage. The damage is real: rows changed in a real file.
#include "ops/check.hpp"

#include <gtest/gtest.h>

#include <boost/asio/thread_pool.hpp>

#include "core/decide.hpp"
#include "drivers/sqlite/sqlite.hpp"
#include "ledger/sqlite/data_folder.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "support/commands.hpp"
#include "support/folder.hpp"
#include "support/run.hpp"

namespace confab::ops {
namespace {

using testing::command, testing::run;

class check_of : public ::testing::Test {
protected:
    // An app with one chat of three messages, the second edited twice.
    check_of() {
        const auto opened = ledger::sqlite::open_sqlite_ledger({folder.path(), pool.get_executor()});
        const auto token = core::app_token::make();
        std::vector<core::command> batch{command(testing::new_app(token, "a")), command(core::create_chat{token})};
        for (int i = 0; i < 3; ++i) batch.push_back(command(testing::new_message(token, 1, "x")));
        commit(*opened, batch);
        commit(*opened, {command(testing::edit(token, 1, 2, "y")), command(testing::edit(token, 1, 2, "z"))});
    }

    static void commit(ledger::sqlite::sqlite_ledger& to, const std::vector<core::command>& batch) {
        std::vector<const core::command*> commands;
        for (const auto& c : batch) commands.push_back(&c);
        core::state s;
        ASSERT_TRUE(run(to.writer().load(commands, s)));
        core::batch_effects effects;
        for (const auto* c : commands) ASSERT_TRUE(core::decide(s, *c, now(), {}, effects));
        ASSERT_TRUE(run(to.writer().apply(effects)));
    }

    // The findings after the damage, as one text.
    std::string damaged_by(const char* sql) {
        {
            sqlite::connection db(ledger::sqlite::data_folder::database_in(folder.path()), sqlite::access::read_write);
            db.execute(sql);
        }
        const auto auditor = ledger::sqlite::open_sqlite_auditor(folder.path());
        std::string all;
        for (const auto& finding : run(check(*auditor)).value().findings) all += finding + "\n";
        return all;
    }

    void expect_found(const char* sql, std::string_view finding) {
        const auto all = damaged_by(sql);
        EXPECT_NE(all.find(finding), std::string::npos) << all;
    }

    testing::temporary_folder folder;
    asio::thread_pool pool{1};
};

TEST_F(check_of, sound_data_finds_nothing) {
    EXPECT_EQ(damaged_by("select 1"), "");
}

TEST_F(check_of, a_missing_message) {
    expect_found("delete from messages where id & 0xffffffff = 2", "message 3 follows 1");
}

TEST_F(check_of, a_missing_last_message) {
    expect_found("delete from messages where id & 0xffffffff = 3", "messages_count is 3, the last number is 2");
}

TEST_F(check_of, a_message_beyond_the_count) {
    expect_found("update chats set messages_count = 2", "messages_count is 2, the last number is 3");
}

TEST_F(check_of, a_wrong_count_of_chats) {
    expect_found("update apps set chats_count = 2", "chats_count is 2, the last number is 1");
}

TEST_F(check_of, a_missing_change) {
    expect_found("delete from changes where id & 0xffffffff = 1", "change 2 follows 0");
}

TEST_F(check_of, a_wrong_count_of_changes) {
    expect_found("update chats set changes_count = 3", "changes_count is 3, the last number is 2");
}

TEST_F(check_of, a_version_that_differs_from_its_changes) {
    expect_found("update messages set version = 5 where id & 0xffffffff = 2",
                 "version is 5, expected 3 from its changes");
}

TEST_F(check_of, a_version_without_changes) {
    expect_found("update messages set version = 2 where id & 0xffffffff = 1",
                 "version is 2, expected 1 from its changes");
}

TEST_F(check_of, changes_of_an_unchanged_message) {
    expect_found("update messages set version = 1 where id & 0xffffffff = 2",
                 "version is 1, expected 3 from its changes");
}

TEST_F(check_of, a_deleted_message_whose_text_is_left) {
    expect_found("update messages set deleted_at = 1 where id & 0xffffffff = 2", "is deleted, but has text");
}

TEST_F(check_of, a_deleted_message_whose_history_is_left) {
    expect_found("update messages set deleted_at = 1, content = null where id & 0xffffffff = 2",
                 "is deleted, but its history has text");
}

TEST_F(check_of, a_message_without_text) {
    expect_found("update messages set content = null where id & 0xffffffff = 1", "has no text");
}

TEST_F(check_of, a_change_without_its_message) {
    expect_found("update changes set number = 77 where id & 0xffffffff = 1", "change 1: message 77 does not exist");
}

TEST_F(check_of, a_key_without_its_object) {
    expect_found("insert into idempotency values(1 << 2 | 2, x'00', x'00', 9, 0)", "1 row belongs to nothing");
}

TEST_F(check_of, a_damaged_token) {
    expect_found("update apps set token = 'x'", "invalid token");
}

TEST_F(check_of, rows_without_a_parent) {
    expect_found("insert into messages(id, content, created_at, updated_at) values(99 << 32 | 1, 'x', 0, 0)",
                 "1 row belongs to nothing");
}

}  // namespace
}  // namespace confab::ops
