#include "ledger/mysql/leases.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/hex.hpp"
#include "base/random.hpp"

namespace confab::ledger::mysql {
namespace {

constexpr std::chrono::milliseconds look_for_more_every{500};

// In upper case, as MySQL's hex() writes it.
std::string random_id() {
    std::array<std::byte, 16> id;
    fill_random(id);
    auto text = to_hex(id);
    for (auto& c : text)
        if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

std::string comma_separated(const std::vector<core::partition_number>& these) {
    std::string list;
    for (const auto p : these) list += fmt::format("{}{}", list.empty() ? "" : ",", p);
    return list;
}

std::vector<core::partition_number> numbers_in(const confab::mysql::rows& rows) {
    std::vector<core::partition_number> all;
    for (const auto row : rows) all.push_back(static_cast<core::partition_number>(row.number(0)));
    return all;
}

// The leases held now, by the database's clock.
struct lease_summary {
    std::vector<std::string> workers;  // their ids, as partition_state::owner
    std::chrono::milliseconds left{};  // until the last of their leases ends
};

awaitable<lease_summary> held_leases(confab::mysql::connection& db) {
    // A migration that recreates the table of workers may have been interrupted in between.
    const auto tables = co_await db.query(
        "select 1 from information_schema.tables where table_schema = database() and table_name = 'workers'");
    const auto waiting = tables.empty() ? ""
                                        : " union all select id, seen_until ends_at from workers "
                                          "where seen_until > utc_timestamp(6)";
    const auto sql = fmt::format(
        "select hex(id), max(timestampdiff(microsecond, utc_timestamp(6), ends_at)) from ("
        "select owner id, lease_until ends_at from partitions where lease_until > utc_timestamp(6) and owner is not "
        "null"
        "{}) held group by id order by id",
        waiting);
    const auto rows = co_await db.query(sql);
    lease_summary all;
    for (const auto row : rows) {
        const std::chrono::microseconds left(row.integer(1));
        all.workers.emplace_back(row.text(0));
        all.left = std::max(all.left, std::chrono::ceil<std::chrono::milliseconds>(left));
    }
    co_return all;
}

}  // namespace

awaitable<void> require_no_worker(confab::mysql::connection& db) {
    const auto held = co_await held_leases(db);
    if (held.workers.empty()) co_return;
    throw startup_error(
        fmt::format("workers still hold leases ({} of them, for up to {:.1f} s: {}): stop every worker and node, wait "
                    "for that time, and repeat this command with the same options; commands in the queue are kept",
                    held.workers.size(), static_cast<double>(held.left.count()) / 1000, fmt::join(held.workers, ", ")));
}

// Workers take leases only on these rows. It looks before it locks, too: a worker in a batch would make the lock wait.
awaitable<void> begin_without_workers(confab::mysql::connection& db) {
    co_await require_no_worker(db);
    co_await db.query("start transaction");
    co_await db.query("select p from partitions for update");
    co_await require_no_worker(db);
}

leases::leases(std::uint64_t partitions, std::chrono::milliseconds lease)
    : partitions_(partitions), lease_(lease), id_(random_id()), owner_(fmt::format("x'{}'", id_)) {}

bool leases::is_renewal_due() const {
    return clock::now() >= due_;
}

void leases::invalidate() {
    owned_.clear();
    due_ = clock::time_point::min();
}

std::string leases::until() const {
    return fmt::format("utc_timestamp(6) + interval {} microsecond", lease_.count() * 1000);
}

awaitable<bool> leases::renew(confab::mysql::connection& db) {
    const auto before = std::exchange(owned_, {});
    bool has_taken = false;
    const auto begun = clock::now();
    const auto share = co_await fair_share(db);
    auto mine = co_await extend_owned(db);
    if (mine.size() > share) {
        const numbers surplus(mine.begin() + static_cast<std::ptrdiff_t>(share), mine.end());
        co_await give_up(db, surplus);
        mine.resize(share);
    } else if (mine.size() < share) {
        const auto more = co_await take(db, share - mine.size());
        has_taken = !more.empty();
        mine.insert(mine.end(), more.begin(), more.end());
        std::ranges::sort(mine);
    }
    owned_ = mine;
    due_ = begun + (mine.size() < share ? std::min(look_for_more_every, lease_ / 3) : lease_ / 3);
    // A partition taken now may have been lost a moment ago, and another worker may have written to it in between.
    co_return has_taken || owned_ != before;
}

// Records that this worker is alive. Returns how many partitions each live worker may own.
awaitable<std::uint64_t> leases::fair_share(confab::mysql::connection& db) {
    const auto heartbeat = fmt::format(
        "insert into workers(id, seen_until, lease_ms) values({}, {}, {}) "
        "on duplicate key update seen_until = values(seen_until), lease_ms = values(lease_ms)",
        owner_, until(), lease_.count());
    co_await db.query(heartbeat);
    co_await db.query("delete from workers where seen_until < utc_timestamp(6) - interval 1 minute");
    const auto live_workers = co_await db.query("select count(*) from workers where seen_until > utc_timestamp(6)");
    const auto count = std::max<std::uint64_t>(live_workers.front().number(0), 1);
    co_return (partitions_ + count - 1) / count;
}

// An expired lease is not renewed: another worker may have owned the partition in between.
awaitable<leases::numbers> leases::extend_owned(confab::mysql::connection& db) {
    const auto condition = fmt::format("owner = {} and lease_until > utc_timestamp(6)", owner_);
    const auto select = fmt::format("select p from partitions where {} order by p", condition);
    const auto before = co_await db.query(select);
    const auto mine = numbers_in(before);
    if (mine.empty()) co_return mine;
    const auto extend = fmt::format("update partitions set lease_until = {} where p in ({}) and {}", until(),
                                    comma_separated(mine), condition);
    co_await db.query(extend);
    const auto after = co_await db.query(select);
    co_return numbers_in(after);
}

awaitable<void> leases::give_up(confab::mysql::connection& db, const numbers& these) {
    const auto sql =
        fmt::format("update partitions set owner = null, lease_until = '1970-01-01' where p in ({}) and owner = {}",
                    comma_separated(these), owner_);
    co_await db.query(sql);
}

// Skips rows that another worker has locked: it is in a transaction, or stopped in one.
awaitable<leases::numbers> leases::take(confab::mysql::connection& db, std::uint64_t most) {
    co_await db.query("start transaction");
    const auto select = fmt::format(
        "select p from partitions where owner is null or lease_until <= utc_timestamp(6) order by p limit {} "
        "for update skip locked",
        most);
    const auto rows = co_await db.query(select);
    const auto free = numbers_in(rows);
    if (!free.empty()) {
        const auto take = fmt::format("update partitions set owner = {}, lease_until = {} where p in ({})", owner_,
                                      until(), comma_separated(free));
        co_await db.query(take);
    }
    co_await db.query("commit");
    co_return free;
}

awaitable<void> leases::release(confab::mysql::connection& db) {
    invalidate();
    const auto sql = fmt::format(
        "update partitions set owner = null, lease_until = '1970-01-01' where owner = {0};"
        "delete from workers where id = {0}",
        owner_);
    co_await db.query(sql);
}

}  // namespace confab::ledger::mysql
