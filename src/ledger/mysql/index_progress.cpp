// Every statement is a transaction by itself and names its rows by the primary key, so that nobody waits for long. The
// writer of the ledger never touches the progress; its notes it writes last in its transaction (store.cpp).
#include "ledger/mysql/index_progress.hpp"

#include <fmt/core.h>

#include <span>

#include "ledger/mysql/database_clock.hpp"
#include "ledger/mysql/server.hpp"

namespace confab::ledger::mysql {
namespace {

constexpr std::uint64_t slice_chats_max = 1'000;
constexpr std::uint64_t forget_chats_max = 10'000;  // of one statement

chat_counts counts_from(const confab::mysql::row& row) {
    return {core::chat_id(row.number(0)), row.number(1), row.number(2)};
}

bool is_nothing(const chat_counts& at) {
    return at.messages == 0 && at.changes == 0;
}

class mysql_progress final : public index_progress {
public:
    explicit mysql_progress(const mysql_options& options) : pool_(pool_options_of(options)) {}

    awaitable<result<chat_counts>> reached(const index_id& index, core::chat_id chat) override {
        const auto found =
            co_await run("select chat_id, messages, changes from index_progress where search_index = ? and chat_id = ?",
                         confab::mysql::parameters(confab::mysql::blob(index), chat.value()));
        if (!found) co_return found.error();
        if (found->empty()) co_return chat_counts{chat};
        co_return counts_from(found->front());
    }

    awaitable<result<std::vector<chat_counts>>> chats(const index_id& index, core::chat_id after) override {
        const auto found = co_await run(
            "select chat_id, messages, changes from index_progress where search_index = ? and chat_id > ? "
            "order by chat_id limit ?",
            confab::mysql::parameters(confab::mysql::blob(index), after.value(), slice_chats_max));
        if (!found) co_return found.error();
        std::vector<chat_counts> all;
        for (const auto& row : *found) all.push_back(counts_from(row));
        co_return all;
    }

    awaitable<result<void>> move(const index_id& index, const chat_counts& from, const chat_counts& to) override {
        if (from.messages == to.messages && from.changes == to.changes) co_return co_await require(index, from);
        const auto moved = co_await write(index, from, to);
        if (!moved) co_return moved.error();
        if (moved->affected() == 0) co_return error::version_mismatch;
        co_return result<void>();
    }

    awaitable<result<void>> forget(const index_id& index) override {
        for (;;) {
            const auto gone = co_await run("delete from index_progress where search_index = ? limit ?",
                                           confab::mysql::parameters(confab::mysql::blob(index), forget_chats_max));
            if (!gone) co_return gone.error();
            if (gone->affected() < forget_chats_max) co_return result<void>();
        }
    }

    awaitable<result<std::vector<core::chat_id>>> noted_before(timestamp time) override {
        // By the database's clock, as the note was made.
        const auto sql = fmt::format("select chat_id from index_notes where since < {} + ? order by since limit ?",
                                     database_time_sql);
        const auto found = co_await run(sql, confab::mysql::parameters(time.us - now().us, slice_chats_max));
        if (!found) co_return found.error();
        std::vector<core::chat_id> all;
        for (const auto& row : *found) all.emplace_back(row.number(0));
        co_return all;
    }

    awaitable<result<void>> settle(const chat_counts& upto) override {
        const auto gone = co_await run("delete from index_notes where chat_id = ? and messages <= ? and changes <= ?",
                                       confab::mysql::parameters(upto.chat.value(), upto.messages, upto.changes));
        if (!gone) co_return gone.error();
        co_return result<void>();
    }

private:
    awaitable<result<void>> require(const index_id& index, const chat_counts& at) {
        const auto now = co_await reached(index, at.chat);
        if (!now) co_return now.error();
        if (now->messages != at.messages || now->changes != at.changes) co_return error::version_mismatch;
        co_return result<void>();
    }

    awaitable<result<confab::mysql::rows>> write(const index_id& index, const chat_counts& from,
                                                 const chat_counts& to) {
        if (is_nothing(from)) {
            return run("insert ignore into index_progress(search_index, chat_id, messages, changes) values(?, ?, ?, ?)",
                       confab::mysql::parameters(confab::mysql::blob(index), to.chat.value(), to.messages, to.changes));
        }
        return run(
            "update index_progress set messages = ?, changes = ? "
            "where search_index = ? and chat_id = ? and messages = ? and changes = ?",
            confab::mysql::parameters(to.messages, to.changes, confab::mysql::blob(index), to.chat.value(),
                                      from.messages, from.changes));
    }

    awaitable<result<confab::mysql::rows>> run(std::string_view sql, confab::mysql::parameters values) {
        try {
            const auto on = co_await pool_.take();
            co_return co_await on->run(sql, std::move(values));
        } catch (const confab::mysql::failure& cause) {
            tell_failure("with the progress of the search index", cause);
        }
        co_return error::unavailable;
    }

    confab::mysql::pool pool_;
};

}  // namespace

std::unique_ptr<index_progress> make_mysql_index_progress(const mysql_options& options) {
    return std::make_unique<mysql_progress>(options);
}

}  // namespace confab::ledger::mysql
