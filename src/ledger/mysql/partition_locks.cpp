#include "ledger/mysql/partition_locks.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "ledger/mysql/multi_row_sql.hpp"
#include "ledger/mysql/role.hpp"
#include "ledger/mysql/rows.hpp"

namespace confab::ledger::mysql {

awaitable<bool> partition_locks::begin(confab::mysql::connection& db, const batch_partitions& batch,
                                       std::string_view owner, const high_watermarks& watermarks) {
    for (const auto& [p, entries] : batch) all_[p].entries = entries;
    if (all_.empty()) {
        const auto sql = fmt::format("start transaction; select {}, {}", database_time_sql, is_read_only_sql);
        const auto rows = co_await db.query(sql);
        clock_.read({rows.front().integer(0)});
        require_writable(rows.front().integer(1) != 0);
        is_begun_ = true;
        co_return true;
    }
    const auto sql = fmt::format(
        "start transaction; select p, owner = {} and lease_until > utc_timestamp(6), epoch, position_ms, position_seq, "
        "{}, {} from partitions where p in ({}) order by p for update",
        owner, database_time_sql, is_read_only_sql, partitions());
    const auto rows = co_await db.query(sql);
    if (rows.empty()) co_return false;
    clock_.read({rows.front().integer(5)});
    require_writable(rows.front().integer(6) != 0);
    std::size_t owned = 0;
    for (const auto row : rows) {
        if (row.is_null(1) || row.integer(1) == 0) co_return false;
        ++owned;
        const auto p = static_cast<core::partition_number>(row.number(0));
        const auto epoch = bytes_from<core::epoch_id>(row.bytes(2));
        const core::entry_id stored_position{row.number(3), row.number(4)};
        co_await watermarks.check(db, p, {epoch, stored_position});
        auto& lock = all_.at(p);
        if (epoch == lock.entries.epoch) {
            lock.position = stored_position;
        } else {
            co_await enter_epoch(db, p, lock, epoch, stored_position);
        }
    }
    is_begun_ = owned == all_.size();
    co_return is_begun_;
}

// A queue that lost its data begins a new epoch, in which nothing has been processed. But a queue that was restored to
// an earlier state may have an epoch that the partition left before.
awaitable<void> partition_locks::enter_epoch(confab::mysql::connection& db, core::partition_number p, partition_lock& c,
                                             const core::epoch_id& before, const core::entry_id& stored_position) {
    const std::uint64_t partition = p;
    if (before != core::epoch_id{})
        co_await db.run("replace into past_epochs(p, epoch, position_ms, position_seq) values(?, ?, ?, ?)", partition,
                        confab::mysql::blob(before), stored_position.ms, stored_position.seq);
    c.position = co_await position_in_epoch(db, p, c.entries.epoch);
}

bool partition_locks::was_processed(const core::delivery& delivery) const {
    require_begun();
    const auto found = all_.find(delivery.partition);
    return found != all_.end() && delivery.at <= found->second.position;
}

bool partition_locks::has_passed_any() const {
    require_begun();
    return std::ranges::any_of(all_, [](const auto& one) { return one.second.entries.first <= one.second.position; });
}

std::string partition_locks::partitions() const {
    std::string list;
    for (const auto& [p, lock] : all_) list += fmt::format("{}{}", list.empty() ? "" : ",", p);
    return list;
}

// An insert with `on duplicate key update`, because the server visits each row once. It would scan a list of cases for
// every row.
std::string partition_locks::position_updates() const {
    require_begun();
    if (all_.empty()) return {};
    std::string rows;
    for (const auto& [p, c] : all_) {
        const auto to = new_position(c);
        fmt::format_to(std::back_inserter(rows), "{}({},{},{},{})", rows.empty() ? "" : ",", p,
                       hex_literal(c.entries.epoch), to.ms, to.seq);
    }
    return "insert into partitions(p, epoch, position_ms, position_seq) values" + rows +
           " on duplicate key update epoch = values(epoch), position_ms = values(position_ms), "
           "position_seq = values(position_seq);";
}

void partition_locks::record_in(high_watermarks& watermarks) const {
    require_begun();
    for (const auto& [p, c] : all_) watermarks.note(p, {c.entries.epoch, new_position(c)});
}

}  // namespace confab::ledger::mysql
