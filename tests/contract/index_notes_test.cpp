// The notes of a worker about chats to index. Another worker uses them if this one ends too early.
#include "contract/shared_ledger.hpp"
#include "ledger/mysql/index_progress.hpp"

namespace confab::testing::shared {
namespace {

class index_notes : public shared_ledger {
protected:
    using chats = std::vector<core::chat_id>;

    void say(std::uint64_t count) {
        std::vector<command> batch(count, command_of(new_message(token, 1, "a")));
        worker.commit(batch);
    }
    core::chat_id chat() { return run(worker.reader().find_chat(token, chat_number(1))).value().id; }
    chats noted(timestamp before) { return run(notes->noted_before(before)).value(); }
    chats noted() { return noted({now().us + 1'000'000}); }
    void remove_note(std::uint64_t messages, std::uint64_t changes) {
        ASSERT_TRUE(run(notes->remove_note({chat(), {messages, changes}})));
    }

    void SetUp() override {
        shared_ledger::SetUp();
        token = new_chat(worker);
    }

    manual_worker worker;
    asio::thread_pool pool{1};
    app_token token = app_token::make();
    const std::unique_ptr<ledger::index_notes> notes =
        ledger::mysql::make_mysql_index_progress(mysql_server(pool.get_executor()));
};

TEST_F(index_notes, list_a_chat_with_enough_messages_until_all_are_indexed) {
    say(note_after_messages - 1);
    EXPECT_EQ(noted(), chats());
    const timestamp before{now().us - 1'000'000};  // notes have the time of the database
    say(2);
    EXPECT_EQ(noted(), chats{chat()});
    EXPECT_EQ(noted(before), chats());
    remove_note(note_after_messages - 1, 0);
    EXPECT_EQ(noted(), chats{chat()});
    remove_note(note_after_messages, 0);
    EXPECT_EQ(noted(), chats());
}

TEST_F(index_notes, are_as_old_as_the_first_and_reach_as_far_as_the_last) {
    say(note_after_messages);
    const auto between = now();
    say(2 * note_after_messages);
    EXPECT_EQ(noted({between.us + 1}), chats{chat()});
    remove_note(2 * note_after_messages, 0);
    EXPECT_EQ(noted(), chats{chat()});
    remove_note(3 * note_after_messages, 0);
    EXPECT_EQ(noted(), chats());
}

TEST_F(index_notes, list_every_change) {
    say(2);
    worker.commit(command_of(edit(token, 1, 1, "b")));
    EXPECT_EQ(noted(), chats{chat()});
    remove_note(2, 1);
    EXPECT_EQ(noted(), chats());
    worker.commit(command_of(core::delete_message{token, chat_number(1), message_number(2)}));
    remove_note(2, 1);
    EXPECT_EQ(noted(), chats{chat()});
    remove_note(2, 2);
    EXPECT_EQ(noted(), chats());
}

TEST_F(index_notes, do_not_exist_for_uncommitted_writes) {
    say(note_after_messages - 1);
    const std::vector<command> batch(1, command_of(new_message(token, 1, "a")));
    ASSERT_TRUE(worker.load(batch));
    kill_other_sessions();
    EXPECT_FALSE(worker.apply());
    EXPECT_EQ(noted(), chats());
}

TEST_F(index_notes, are_found_by_a_key) {
    ledger::mysql::with_server(mysql_server(), [](mysql::connection& db) -> awaitable<void> {
        for (const auto* const sql :
             {"explain format = traditional select chat_id from index_notes where since < 7 order by since limit 1000",
              "explain format = traditional delete from index_notes where chat_id = 7 and messages <= 7 and changes <= "
              "7"}) {
            const auto explained = co_await db.query(sql);
            std::string all;
            const auto row = explained.front();
            for (const std::size_t column : {5U, 6U}) all += std::string(row.text(column)) + " ";
            EXPECT_TRUE(all.find("index_notes_by_age") != all.npos || all.find("PRIMARY") != all.npos)
                << sql << ": " << all;
        }
    });
}

}  // namespace
}  // namespace confab::testing::shared
