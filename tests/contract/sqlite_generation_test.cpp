// The generation of the SQLite ledger: when it is made, kept and renewed.
#include <gtest/gtest.h>

#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "drivers/sqlite/sqlite.hpp"
#include "ledger/sqlite/data_folder.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "support/commands.hpp"
#include "support/commit.hpp"
#include "support/folder.hpp"
#include "support/run.hpp"

namespace confab::testing {
namespace {

using opened_ledger = std::unique_ptr<ledger::sqlite::sqlite_ledger>;

// What the database file has, without its WAL and beside a running server.
std::string stored_in(const std::filesystem::path& folder) {
    sqlite::connection db(ledger::sqlite::data_folder::database_in(folder), sqlite::access::immutable);
    auto found = db.prepare("select value from meta where key = 'generation'");
    return found.row() ? std::string(found.text(0)) : std::string();
}

class sqlite_generation : public ::testing::Test {
protected:
    opened_ledger open(const std::filesystem::path& at, bool ignores_journal_gap = false) {
        return ledger::sqlite::open_sqlite_ledger(
            {.folder = at, .read_pool = pool.get_executor(), .ignores_journal_gap = ignores_journal_gap});
    }
    opened_ledger open() { return open(folder.path()); }

    core::generation generation_of(const std::filesystem::path& at) { return open(at)->reader().generation(); }

    std::string refusal(const std::filesystem::path& at) {
        try {
            open(at);
        } catch (const startup_error& cause) {
            return cause.what();
        }
        return "opened";
    }

    void execute(const char* sql) {
        sqlite::connection(ledger::sqlite::data_folder::database_in(folder.path()), sqlite::access::read_write)
            .execute(sql);
    }

    // Makes an app and a chat.
    core::app_token new_chat() {
        const auto token = core::app_token::make();
        core::state state;
        commit(open()->writer(), {command(testing::new_app(token, "an app")), command(core::create_chat{token})},
               state);
        return token;
    }

    static void write(ledger::sqlite::sqlite_ledger& to, const core::app_token& app, int messages) {
        core::state state;
        for (int i = 0; i < messages; ++i) commit(to.writer(), {command(new_message(app, 1, "a message"))}, state);
    }

    static core::chat position_in(ledger::sqlite::sqlite_ledger& of, const core::app_token& app) {
        return run(of.reader().find_chat(app, core::chat_number(1))).value();
    }

    void copy(const char* name) const {
        std::filesystem::copy_file(folder.path() / name, copied.path() / name,
                                   std::filesystem::copy_options::overwrite_existing);
    }
    void copy_journal() const {
        copy("confab-journal.0");
        copy("confab-journal.1");
    }

    temporary_folder folder, copied;
    asio::thread_pool pool{1};
};

TEST_F(sqlite_generation, is_made_by_the_first_start_and_stays) {
    const auto first = generation_of(folder.path());
    EXPECT_EQ(stored_in(folder.path()), first.text());
    new_chat();
    EXPECT_EQ(generation_of(folder.path()), first);
    EXPECT_NE(generation_of(copied.path()), first);
}

TEST_F(sqlite_generation, is_the_same_for_all_readers) {
    const auto opened = open();
    const auto first = opened->reader().generation();
    const auto feed = opened->reader_on(pool.get_executor());
    EXPECT_EQ(feed->generation(), first);
    EXPECT_EQ(run(feed->read_heads({}, {})).value().generation, first);
}

TEST_F(sqlite_generation, is_made_for_a_database_of_an_older_version) {
    const auto token = new_chat();
    execute("delete from meta where key = 'generation'");
    const auto made = generation_of(folder.path());
    EXPECT_EQ(stored_in(folder.path()), made.text());
    EXPECT_EQ(generation_of(folder.path()), made);
    EXPECT_EQ(position_in(*open(), token).messages_count, 0U);
}

TEST_F(sqlite_generation, that_is_damaged_is_refused) {
    const auto first = generation_of(folder.path());
    for (const auto* damage : {"update meta set value = 'short' where key = 'generation'",
                               "update meta set value = x'00' where key = 'generation'",
                               "update meta set value = 12345678.5 where key = 'generation'"}) {
        execute(damage);
        EXPECT_NE(refusal(folder.path()).find("no valid generation"), std::string::npos) << refusal(folder.path());
    }
    execute("delete from meta where key = 'generation'");
    EXPECT_NE(generation_of(folder.path()), first);
}

// The numbers of the lost messages are given again. Only the generation differs between the two histories.
TEST_F(sqlite_generation, is_renewed_when_batches_are_discarded) {
    const auto token = new_chat();
    const auto first = generation_of(folder.path());
    write(*open(), token, 1);
    copy("confab.db");
    write(*open(), token, 1);
    std::uint64_t followed = 0;
    {
        const auto opened = open();
        write(*opened, token, 1);
        copy_journal();
        followed = position_in(*opened, token).messages_count;
    }
    EXPECT_EQ(followed, 3U);
    EXPECT_NE(refusal(copied.path()).find("the journal lacks batch"), std::string::npos) << refusal(copied.path());
    EXPECT_EQ(stored_in(copied.path()), first.text()) << "a refused start changes nothing";

    std::optional<core::generation> renewed;
    {
        const auto restored = open(copied.path(), true);
        renewed = restored->reader().generation();
        EXPECT_NE(renewed, first);
        EXPECT_EQ(stored_in(copied.path()), renewed->text()) << "durable before the first request";
        EXPECT_EQ(position_in(*restored, token).messages_count, 1U);
        write(*restored, token, 2);
        EXPECT_EQ(position_in(*restored, token).messages_count, followed);
    }
    EXPECT_EQ(generation_of(copied.path()), renewed);
    EXPECT_EQ(generation_of(folder.path()), first);
}

TEST_F(sqlite_generation, is_renewed_beside_the_journal_of_another_ledger) {
    const auto token = new_chat();
    const auto first = generation_of(folder.path());
    copy("confab.db");
    {
        temporary_folder other;
        const auto opened = open(other.path());
        core::state state;
        commit(opened->writer(), {command(testing::new_app(core::app_token::make(), "another app"))}, state);
        for (const auto* name : {"confab-journal.0", "confab-journal.1"})
            std::filesystem::copy_file(other.path() / name, copied.path() / name);
    }
    EXPECT_NE(refusal(copied.path()).find("the journal belongs to ledger"), std::string::npos);
    const auto renewed = open(copied.path(), true)->reader().generation();
    EXPECT_NE(renewed, first);
    EXPECT_EQ(generation_of(copied.path()), renewed);
    EXPECT_EQ(position_in(*open(copied.path()), token).messages_count, 0U);
}

// Its WAL may have been moved aside, and the journal may have nothing of what it had.
TEST_F(sqlite_generation, is_renewed_by_each_start_that_ignores_gaps) {
    new_chat();
    const auto first = generation_of(folder.path());
    EXPECT_NE(open(folder.path(), true)->reader().generation(), first);
}

TEST_F(sqlite_generation, stays_where_the_journal_is_replayed) {
    const auto token = new_chat();
    const auto first = generation_of(folder.path());
    const auto opened = open();
    copy("confab.db");
    write(*opened, token, 3);
    copy_journal();  // as after a power cut: the start replays the journal
    const auto recovered = open(copied.path());
    EXPECT_EQ(recovered->reader().generation(), first);
    EXPECT_EQ(position_in(*recovered, token).messages_count, 3U);
}

}  // namespace
}  // namespace confab::testing
