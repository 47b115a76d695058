#include "ledger/mysql/dead_letters.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "ledger/mysql/database_clock.hpp"
#include "ledger/mysql/multi_row_sql.hpp"
#include "ledger/mysql/rows.hpp"

namespace confab::ledger::mysql {
namespace {

// Longer than a queue is expected to go back in time, by a restored copy of its file.
constexpr auto closed_kept = std::chrono::days(30);

using commands = std::span<const core::command* const>;
using open_dead_letters = std::map<std::uint64_t, core::job_id>;  // by id

awaitable<open_dead_letters> lock_open(confab::mysql::connection& db, commands replays) {
    open_dead_letters open;
    while (!replays.empty()) {
        const auto chunk = replays.first(chunk_size(replays.size()));
        replays = replays.subspan(chunk.size());
        confab::mysql::parameters ids;
        for (const auto* c : chunk) ids.add(c->delivery->replay_of->id);
        const auto sql = repeat_row("select id, job, closed_at from dead_letters force index (primary) where id in (",
                                    "?", chunk.size(), ") for update");
        const auto rows = co_await db.run(sql, std::move(ids));
        for (const auto row : rows)
            if (row.is_null(2)) open.emplace(row.number(0), bytes_from<core::job_id>(row.bytes(1)));
    }
    co_return open;
}

bool is_of(const confab::mysql::row& dead_letter, const core::command& c) {
    const auto& d = *c.delivery;
    return dead_letter.number(0) == d.partition && bytes_from<core::epoch_id>(dead_letter.bytes(1)) == d.epoch &&
           core::entry_id{dead_letter.number(2), dead_letter.number(3)} == d.at &&
           bytes_from<core::job_id>(dead_letter.bytes(4)) == c.job;
}

}  // namespace

awaitable<void> insert_dead_letter(confab::mysql::connection& db, const core::command& c, std::string_view why,
                                   std::string_view bytes) {
    if (!c.delivery) co_return;
    const std::uint64_t p = c.delivery->partition;
    const confab::mysql::blob command(reinterpret_cast<const std::byte*>(bytes.data()), bytes.size());
    co_await db.run(
        "insert into dead_letters(p, epoch, entry_ms, entry_seq, job, at, why, bytes) values(?, ?, ?, ?, ?, ?, ?, ?) "
        "on duplicate key update id = id",
        p, confab::mysql::blob(c.delivery->epoch), c.delivery->at.ms, c.delivery->at.seq, confab::mysql::blob(c.job),
        now().us, why, command);
}

// Compares the job, too: a queue that was restored to an earlier state may repeat the id of an entry.
awaitable<void> load_dead_letters(confab::mysql::connection& db, commands commands, core::state& s) {
    while (!commands.empty()) {
        const auto chunk = commands.first(chunk_size(commands.size()));
        commands = commands.subspan(chunk.size());
        confab::mysql::parameters values;
        for (const auto* c : chunk) {
            values.add(std::uint64_t(c->delivery->partition));
            values.add(confab::mysql::blob(c->delivery->epoch));
            values.add(c->delivery->at.ms);
            values.add(c->delivery->at.seq);
            values.add(confab::mysql::blob(c->job));
        }
        const auto sql = repeat_row(
            "select p, epoch, entry_ms, entry_seq, job from dead_letters where (p, epoch, entry_ms, entry_seq, job) "
            "in (",
            "(?,?,?,?,?)", chunk.size(), ")");
        const auto rows = co_await db.run(sql, std::move(values));
        for (const auto row : rows)
            for (const auto* c : chunk)
                if (is_of(row, *c)) s.put(c->job, error::rejected);
    }
}

awaitable<std::vector<std::uint64_t>> load_replays(confab::mysql::connection& db, commands commands, core::state& s) {
    std::vector<const core::command*> replays;
    for (const auto* c : commands)
        if (c->delivery && c->delivery->replay_of && !s.find(c->job)) replays.push_back(c);
    auto open = co_await lock_open(db, replays);
    std::vector<std::uint64_t> replayed;
    for (const auto* c : replays) {
        const auto& [id, job] = *c->delivery->replay_of;
        const auto found = open.find(id);
        if (found != open.end() && found->second == job) {
            open.erase(found);
            replayed.push_back(id);
        } else {
            s.put(c->job, error::rejected);
        }
    }
    co_return replayed;
}

std::string closing_statement(std::span<const std::uint64_t> dead_letters) {
    if (dead_letters.empty()) return {};
    return fmt::format(
        "update dead_letters force index (primary) set closed_at = {}, bytes = '' where id in ({}) and closed_at is "
        "null;",
        database_time_sql, fmt::join(dead_letters, ","));
}

awaitable<std::uint64_t> purge_dead_letters(confab::mysql::connection& db, std::uint64_t rows_max) {
    const auto sql = fmt::format("delete from dead_letters where closed_at <= {} - ? limit ?", database_time_sql);
    const std::int64_t kept_us = std::chrono::microseconds(closed_kept).count();
    const auto gone = co_await db.run(sql, kept_us, rows_max);
    co_return gone.affected();
}

}  // namespace confab::ledger::mysql
