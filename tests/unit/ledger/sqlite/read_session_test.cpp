// The cost of a slice depends on the slice, not on the rows after it. The cost is counted in steps of SQLite's virtual
// machine (https://sqlite.org/stmt.html).
#include "ledger/sqlite/read_session.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/thread_pool.hpp>
#include <functional>

#include "ledger/sqlite/data_folder.hpp"
#include "ledger/sqlite/rows.hpp"
#include "ledger/sqlite/slices.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "support/commands.hpp"
#include "support/commit.hpp"
#include "support/folder.hpp"

namespace confab::ledger::sqlite {
namespace {

using testing::command, testing::commit;

constexpr core::chat_id the_chat(1);
constexpr core::message_number first(1);
constexpr window whole_chat{.last = 1000};
constexpr std::size_t text_bytes = 40 * 1024;  // four of them fill a slice
constexpr std::size_t rows_of_a_slice = 4;

// A ledger with one chat of this many messages. The first message has as many versions.
class ledger_of {
public:
    explicit ledger_of(std::size_t rows) {
        asio::thread_pool pool(1);
        const auto opened = open_sqlite_ledger({folder_.path(), pool.get_executor()});
        const auto token = core::app_token::make();
        const std::string text(text_bytes, 'x');
        core::state s;
        commit(opened->writer(), {command(testing::new_app(token, "a")), command(core::create_chat{token})}, s);
        std::vector<core::command> said, edited;
        for (std::size_t i = 0; i < rows; ++i) said.push_back(command(testing::new_message(token, 1, text)));
        for (std::size_t i = 1; i < rows; ++i) edited.push_back(command(testing::edit(token, 1, 1, text)));
        commit(opened->writer(), said, s);
        commit(opened->writer(), edited, s);
    }

    std::string database() const { return data_folder::database_in(folder_.path()); }

private:
    testing::temporary_folder folder_;
};

struct slice_read {
    const char* name;
    std::function<std::size_t(read_session&)> rows;  // the number of returned rows
};

const std::array<core::message_number, 6> numbers{first,
                                                  core::message_number(2),
                                                  core::message_number(3),
                                                  core::message_number(4),
                                                  core::message_number(5),
                                                  core::message_number(6)};

const slice_read slice_reads[] = {
    {"messages",
     [](read_session& s) {
         auto& sql = s.messages.in(whole_chat.order);
         sql.bind(row_of(the_chat, whole_chat.after), row_of(the_chat, whole_chat.last), limit_of(whole_chat));
         return many<core::message>(sql, message_from).size();
     }},
    {"texts",
     [](read_session& s) {
         auto& sql = s.index.texts.in(whole_chat.order);
         sql.bind(row_of(the_chat, whole_chat.after), row_of(the_chat, whole_chat.last), limit_of(whole_chat));
         return many<text>(sql, text_from).size();
     }},
    {"texts by number", [](read_session& s) { return texts_of(s, the_chat, numbers)->size(); }},
    {"hits",
     [](read_session& s) { return matching_in(s, the_chat, whole_chat, core::folded_query("x"), false)->rows.size(); }},
    {"hits by number",
     [](read_session& s) { return matching_of(s, the_chat, numbers, core::folded_query("x"))->rows.size(); }},
    {"changed messages",
     [](read_session& s) {
         auto& sql = s.feed.changed_messages;
         sql.bind(row_of(the_chat, whole_chat.after), row_of(the_chat, whole_chat.last), limit_of(whole_chat));
         return many<changed_message>(sql, checked_changed_message_from).size();
     }},
    {"versions", [](read_session& s) { return versions_in(s, the_chat, first, 0)->size(); }},
};

// The steps of one slice.
std::uint64_t steps_of(const slice_read& read, const ledger_of& from) {
    read_session s(from.database());
    EXPECT_EQ(read.rows(s), rows_of_a_slice) << read.name;
    auto counted = s.db.prepare("select sum(nstep) from sqlite_stmt where busy = 0");
    const confab::sqlite::reset_guard until_done(counted);
    EXPECT_TRUE(counted.row());
    return counted.number(0);
}

TEST(read_session_of_a_ledger, reads_no_more_for_a_slice_where_more_rows_follow) {
    const ledger_of few(8), many_more(80);
    for (const auto& read : slice_reads) EXPECT_EQ(steps_of(read, few), steps_of(read, many_more)) << read.name;
}

// A sort reads all rows before it returns the first.
TEST(read_session_of_a_ledger, sorts_nothing) {
    const ledger_of any(1);
    read_session s(any.database());
    std::vector<std::string> statements;
    {
        auto all = s.db.prepare("select sql from sqlite_stmt where busy = 0");
        const confab::sqlite::reset_guard until_done(all);
        while (all.row()) statements.emplace_back(all.text(0));
    }
    EXPECT_GE(statements.size(), 15U);
    for (const auto& sql : statements) {
        auto plan = s.db.prepare("explain query plan " + sql);
        while (plan.row()) EXPECT_EQ(plan.text(3).find("TEMP B-TREE"), std::string_view::npos) << sql;
    }
}

}  // namespace
}  // namespace confab::ledger::sqlite
