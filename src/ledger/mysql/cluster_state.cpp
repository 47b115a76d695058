#include "ledger/mysql/cluster_state.hpp"

#include <algorithm>

namespace confab::ledger::mysql {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr const char* workers_sql =
    "select hex(w.id), w.lease_ms, (select count(*) from partitions p where p.owner = w.id and "
    "p.lease_until > utc_timestamp(6)) from workers w where w.seen_until > utc_timestamp(6) order by w.id";

awaitable<std::string> role_of(confab::mysql::connection& db) {
    const auto rows =
        co_await db.query("show global variables where variable_name in ('read_only', 'wsrep_on') and value <> 'OFF'");
    std::string role = "primary";
    for (const auto row : rows) {
        if (row.text(0) == "read_only") co_return "read-only";
        role = "galera";
    }
    co_return role;
}

}  // namespace

awaitable<server_state> server_state_of(confab::mysql::connection& db) {
    server_state s;
    s.role = co_await role_of(db);
    const auto begun = clock::now();
    const auto rows = co_await db.query("select version()");
    s.latency = std::chrono::duration_cast<microseconds>(clock::now() - begun);
    s.version = rows.front().text(0);
    co_return s;
}

awaitable<std::vector<worker_state>> worker_states(confab::mysql::connection& db) {
    const auto rows = co_await db.query(workers_sql);
    std::vector<worker_state> all;
    for (const auto row : rows)
        all.push_back({std::string(row.text(0)), std::chrono::milliseconds(row.integer(1)), row.number(2)});
    co_return all;
}

awaitable<std::chrono::milliseconds> longest_lease(confab::mysql::connection& db) {
    const auto rows =
        co_await db.query("select coalesce(max(lease_ms), 0) from workers where seen_until > utc_timestamp(6)");
    co_return std::chrono::milliseconds(rows.front().integer(0));
}

awaitable<std::uint64_t> count_dead_letters(confab::mysql::connection& db) {
    const auto rows = co_await db.query("select count(*) from dead_letters where closed_at is null");
    co_return rows.front().number(0);
}

awaitable<index_notes_state> index_notes_state_of(confab::mysql::connection& db) {
    const auto rows = co_await db.query(
        "select count(*), coalesce(timestampdiff(microsecond, '1970-01-01', utc_timestamp(6)) - min(since), 0) "
        "from index_notes");
    const auto row = rows.front();
    co_return index_notes_state{row.number(0), microseconds(std::max<std::int64_t>(0, row.integer(1)))};
}

awaitable<index_coverage> index_coverage_of(confab::mysql::connection& db, const index_id& index) {
    const auto rows = co_await db.run(
        "select count(*), coalesce(sum(least(p.messages, c.messages_count)), 0), coalesce(sum(c.messages_count), 0) "
        "from index_progress p join chats c on c.id = p.chat_id where p.search_index = ?",
        confab::mysql::blob(index));
    const auto row = rows.front();
    co_return index_coverage{row.number(0), row.number(1), row.number(2)};
}

}  // namespace confab::ledger::mysql
