// Every statement is a transaction by itself and selects its rows by the primary key, so that nobody waits for long.
// The writer of the ledger never accesses the progress. It writes its notes last in its transaction (store.cpp).
#include "ledger/mysql/index_progress.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <span>

#include "base/require.hpp"
#include "ledger/mysql/database_clock.hpp"
#include "ledger/mysql/server.hpp"

namespace confab::ledger::mysql {
namespace {

constexpr std::uint64_t slice_chats_max = 1'000;
constexpr std::uint64_t delete_rows_max = 10'000;  // of one statement
constexpr std::uint64_t compare_chats_max = 20'000;

// A reindex renews its lease of 30 s three times in that time. An interrupted one can be resumed for a day, which is
// longer than a night. While its index is kept, deleted messages are removed from it.
constexpr std::string_view lease_sql =
    "select search_index, chat_id, date_format(started, '%Y-%m-%dT%H:%i:%sZ'), lease_until > utc_timestamp(6), "
    "lease_until > utc_timestamp(6) and owner = ?, kept_until > utc_timestamp(6) from reindex_state";
constexpr std::string_view begin_sql =
    "insert ignore into reindex_state(one, search_index, owner, chat_id, started, lease_until, kept_until) "
    "values(1, ?, ?, 0, utc_timestamp(6), utc_timestamp(6) + interval 30 second, utc_timestamp(6) + interval 1 day)";
constexpr std::string_view take_over_sql =
    "update reindex_state set owner = ?, lease_until = utc_timestamp(6) + interval 30 second, "
    "kept_until = utc_timestamp(6) + interval 1 day where lease_until <= utc_timestamp(6)";
constexpr std::string_view begin_again_sql =
    "update reindex_state set search_index = ?, chat_id = 0, started = utc_timestamp(6) where owner = ?";
constexpr std::string_view renew_sql =
    "update reindex_state set chat_id = greatest(chat_id, ?), lease_until = utc_timestamp(6) + interval 30 second, "
    "kept_until = utc_timestamp(6) + interval 1 day where owner = ?";
constexpr std::string_view give_up_sql =
    "update reindex_state set chat_id = greatest(chat_id, ?), lease_until = utc_timestamp(6) where owner = ?";
constexpr std::string_view drop_expired_sql =
    "delete from reindex_state where kept_until <= utc_timestamp(6) and lease_until <= utc_timestamp(6)";

core::chat_position position_from(const confab::mysql::row& row) {
    return {core::chat_id(row.number(0)), {row.number(1), row.number(2)}};
}

bool is_nothing(const core::chat_position& at) {
    return at.position == core::position();
}

class mysql_progress final : public index_progress {
public:
    explicit mysql_progress(const mysql_options& options) : pool_(pool_options_of(options)) {}

    awaitable<result<core::chat_position>> find_position(const index_id& index, core::chat_id chat) override {
        const auto found =
            co_await run("select chat_id, messages, changes from index_progress where search_index = ? and chat_id = ?",
                         confab::mysql::parameters(confab::mysql::blob(index), chat.value()));
        if (!found) co_return found.error();
        if (found->empty()) co_return core::chat_position{chat, {}};
        co_return position_from(found->front());
    }

    awaitable<result<std::vector<core::chat_position>>> chats(const index_id& index, core::chat_id after) override {
        const auto found = co_await run(
            "select chat_id, messages, changes from index_progress where search_index = ? and chat_id > ? "
            "and (messages > 0 or changes > 0) order by chat_id limit ?",
            confab::mysql::parameters(confab::mysql::blob(index), after.value(), slice_chats_max));
        if (!found) co_return found.error();
        std::vector<core::chat_position> all;
        for (const auto& row : *found) all.push_back(position_from(row));
        co_return all;
    }

    awaitable<result<void>> move(const index_id& index, const core::chat_position& from,
                                 const core::chat_position& to) override {
        confab::require(from.chat == to.chat, "a position moves within its chat");
        confab::require(!is_nothing(to), "a position moves to an indexed message or change");
        if (from == to) co_return co_await require(index, from);
        const auto moved = co_await write(index, from, to);
        if (!moved) co_return moved.error();
        if (moved->affected() == 0) co_return error::version_mismatch;
        co_return result<void>();
    }

    awaitable<result<void>> begin(const index_id& index, core::chat_id chat) override {
        const auto begun = co_await insert(index, {chat, {}});
        if (!begun) co_return begun.error();
        co_return result<void>();
    }

    awaitable<result<chats_slice>> changed_chats(const index_id& index, core::chat_id after) override {
        const confab::mysql::blob id(index);
        const auto last = co_await run(
            "select max(chat_id), count(*) from (select chat_id from index_progress where search_index = ? and "
            "chat_id > ? order by chat_id limit ?) s",
            confab::mysql::parameters(id, after.value(), compare_chats_max));
        if (!last) co_return last.error();
        const auto end = last->front();
        if (end.is_null(0)) co_return chats_slice();
        const auto found = co_await run(
            "select p.chat_id from index_progress p join chats c on c.id = p.chat_id "
            "where p.search_index = ? and p.chat_id > ? and p.chat_id <= ? and p.changes < c.changes_count "
            "order by p.chat_id",
            confab::mysql::parameters(id, after.value(), end.number(0)));
        if (!found) co_return found.error();
        chats_slice slice;
        for (const auto& row : *found) slice.chats.emplace_back(row.number(0));
        if (end.number(1) == compare_chats_max) slice.next = core::chat_id(end.number(0));
        co_return slice;
    }

    awaitable<result<std::vector<index_id>>> indexes() override {
        const auto found = co_await run("select distinct search_index from index_progress", {});
        if (!found) co_return found.error();
        std::vector<index_id> all;
        for (const auto& row : *found) {
            const auto bytes = row.bytes(0);
            std::copy_n(bytes.begin(), std::min(bytes.size(), index_id().size()), all.emplace_back().begin());
        }
        co_return all;
    }

    awaitable<result<std::uint64_t>> messages_in_chats_of(std::uint64_t messages_min) override {
        const auto found = co_await run(
            "select cast(coalesce(sum(messages_count), 0) as unsigned) from chats where messages_count >= ?",
            confab::mysql::parameters(messages_min));
        if (!found) co_return found.error();
        co_return found->front().number(0);
    }

    awaitable<result<void>> forget(const index_id& index) override {
        for (;;) {
            const auto gone = co_await run("delete from index_progress where search_index = ? limit ?",
                                           confab::mysql::parameters(confab::mysql::blob(index), delete_rows_max));
            if (!gone) co_return gone.error();
            if (gone->affected() < delete_rows_max) co_return result<void>();
        }
    }

    awaitable<result<std::vector<core::chat_id>>> noted_before(timestamp time) override {
        // By the database's clock, as for the note itself.
        const auto sql = fmt::format("select chat_id from index_notes where since < {} + ? order by since limit ?",
                                     database_time_sql);
        const auto found = co_await run(sql, confab::mysql::parameters(time.us - now().us, slice_chats_max));
        if (!found) co_return found.error();
        std::vector<core::chat_id> all;
        for (const auto& row : *found) all.emplace_back(row.number(0));
        co_return all;
    }

    awaitable<result<void>> remove_note(const core::chat_position& upto) override {
        const auto gone =
            co_await run("delete from index_notes where chat_id = ? and messages <= ? and changes <= ?",
                         confab::mysql::parameters(upto.chat.value(), upto.position.messages, upto.position.changes));
        if (!gone) co_return gone.error();
        co_return result<void>();
    }

    awaitable<result<std::optional<reindex_lease>>> lease() override { return lease_seen_by(reindex_owner()); }

    awaitable<result<reindex_lease>> claim(const reindex_owner& owner, const std::string& index) override {
        const auto dropped = co_await drop_expired();
        if (!dropped) co_return dropped.error();
        const confab::mysql::blob me(owner);
        const auto begun = co_await run(begin_sql, confab::mysql::parameters(index, me));
        if (!begun) co_return begun.error();
        const auto taken = co_await run(take_over_sql, confab::mysql::parameters(me));
        if (!taken) co_return taken.error();
        const auto now = co_await lease_seen_by(owner);
        if (!now) co_return now.error();
        if (!*now) co_return error::unavailable;  // it has just ended
        co_return **now;
    }

    awaitable<result<bool>> begin_again(const reindex_owner& owner, const std::string& index) override {
        return change(begin_again_sql, confab::mysql::parameters(index, confab::mysql::blob(owner)));
    }
    awaitable<result<bool>> renew(const reindex_owner& owner, core::chat_id last_chat) override {
        return change(renew_sql, confab::mysql::parameters(last_chat.value(), confab::mysql::blob(owner)));
    }
    awaitable<result<void>> give_up(const reindex_owner& owner, core::chat_id last_chat) override {
        return execute(give_up_sql, confab::mysql::parameters(last_chat.value(), confab::mysql::blob(owner)));
    }
    awaitable<result<void>> finish(const reindex_owner& owner) override {
        return execute("delete from reindex_state where owner = ?",
                       confab::mysql::parameters(confab::mysql::blob(owner)));
    }
    awaitable<result<void>> drop_expired() override { return execute(drop_expired_sql, {}); }

private:
    awaitable<result<std::optional<reindex_lease>>> lease_seen_by(reindex_owner owner) {
        using found_lease = std::optional<reindex_lease>;
        const auto found = co_await run(lease_sql, confab::mysql::parameters(confab::mysql::blob(owner)));
        if (!found) co_return found.error();
        if (found->empty()) co_return found_lease();
        const auto row = found->front();
        co_return found_lease({.index = std::string(row.text(0)),
                               .last_chat = core::chat_id(row.number(1)),
                               .since = std::string(row.text(2)),
                               .is_owned = row.integer(3) != 0,
                               .is_mine = row.integer(4) != 0,
                               .is_kept = row.integer(5) != 0});
    }

    // Whether a row changed.
    awaitable<result<bool>> change(std::string_view sql, confab::mysql::parameters values) {
        const auto done = co_await run(sql, std::move(values));
        if (!done) co_return done.error();
        co_return done->affected() > 0;
    }

    awaitable<result<void>> execute(std::string_view sql, confab::mysql::parameters values) {
        const auto done = co_await run(sql, std::move(values));
        if (!done) co_return done.error();
        co_return result<void>();
    }

    awaitable<result<void>> require(const index_id& index, const core::chat_position& at) {
        const auto now = co_await find_position(index, at.chat);
        if (!now) co_return now.error();
        if (now->position != at.position) co_return error::version_mismatch;
        co_return result<void>();
    }

    awaitable<result<confab::mysql::rows>> insert(const index_id& index, const core::chat_position& at) {
        return run("insert ignore into index_progress(search_index, chat_id, messages, changes) values(?, ?, ?, ?)",
                   confab::mysql::parameters(confab::mysql::blob(index), at.chat.value(), at.position.messages,
                                             at.position.changes));
    }

    // At (0, 0) the row may exist or not.
    awaitable<result<confab::mysql::rows>> write(const index_id& index, const core::chat_position& from,
                                                 const core::chat_position& to) {
        if (is_nothing(from)) {
            auto inserted = co_await insert(index, to);
            if (!inserted || inserted->affected() > 0) co_return inserted;
        }
        co_return co_await run(
            "update index_progress set messages = ?, changes = ? "
            "where search_index = ? and chat_id = ? and messages = ? and changes = ?",
            confab::mysql::parameters(to.position.messages, to.position.changes, confab::mysql::blob(index),
                                      to.chat.value(), from.position.messages, from.position.changes));
    }

    awaitable<result<confab::mysql::rows>> run(std::string_view sql, confab::mysql::parameters values) {
        try {
            const auto on = co_await pool_.take();
            co_return co_await on->run(sql, std::move(values));
        } catch (const confab::mysql::failure& cause) {
            report_failure("accessing the progress of the search index", cause);
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
