#include "ledger/mysql/partition_state.hpp"

#include <span>

#include "ledger/mysql/dead_letters.hpp"
#include "ledger/mysql/rows.hpp"

namespace confab::ledger::mysql {
namespace {

dead_letter dead_letter_from(const confab::mysql::row& row) {
    const auto bytes = row.bytes(7);
    return {row.number(0),
            static_cast<core::partition_number>(row.number(1)),
            {row.number(2), row.number(3)},
            bytes_from<core::job_id>(row.bytes(4)),
            {row.integer(5)},
            std::string(row.text(6)),
            std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())};
}

}  // namespace

awaitable<std::vector<partition_state>> partition_states(confab::mysql::connection& db) {
    const auto rows = co_await db.query(
        "select p, if(lease_until > utc_timestamp(6), hex(owner), null), position_ms, position_seq, "
        "greatest(0, timestampdiff(microsecond, utc_timestamp(6), lease_until)) from partitions order by p");
    std::vector<partition_state> all;
    for (const auto row : rows) {
        const bool is_owned = !row.is_null(1);
        all.push_back({static_cast<core::partition_number>(row.number(0)),
                       std::string(row.text(1)),
                       {row.number(2), row.number(3)},
                       std::chrono::microseconds(is_owned ? row.integer(4) : 0)});
    }
    co_return all;
}

awaitable<std::vector<dead_letter>> dead_letters(confab::mysql::connection& db) {
    const auto rows = co_await db.run(
        "select id, p, entry_ms, entry_seq, job, at, why, x'' from dead_letters where closed_at is null order by id "
        "limit ?",
        dead_letters_max);
    std::vector<dead_letter> all;
    for (const auto row : rows) all.push_back(dead_letter_from(row));
    co_return all;
}

awaitable<std::optional<dead_letter>> find_dead_letter(confab::mysql::connection& db, std::uint64_t id) {
    const auto rows = co_await db.run(
        "select id, p, entry_ms, entry_seq, job, at, why, bytes from dead_letters where id = ? and "
        "closed_at is null",
        id);
    std::optional<dead_letter> found;
    if (!rows.empty()) found = dead_letter_from(rows.front());
    co_return found;
}

awaitable<bool> drop_dead_letter(confab::mysql::connection& db, std::uint64_t id) {
    const auto sql = closing_statement(std::span(&id, 1));
    const auto closed = co_await db.query(sql);
    co_return closed.affected() > 0;
}

}  // namespace confab::ledger::mysql
