// The leases of partitions. A worker records in the database that it is alive. Each owns its fair share, and takes
// partitions that are free or whose lease has expired. Only the database's clock counts.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/delivery.hpp"
#include "drivers/mysql/connection.hpp"

namespace confab::ledger::mysql {

// The maximum time from the death of a worker until others own its partitions. Its lease expires first. The others look
// for free partitions every third of a lease. One second is for reconnecting and the first commit.
constexpr std::chrono::milliseconds takeover_time(std::chrono::milliseconds lease) {
    return lease + lease / 3 + std::chrono::seconds(1);
}

// Throws startup_error, with the ids of the workers: one holds a lease, or waits for a partition; mysql::failure.
awaitable<void> require_no_worker(confab::mysql::connection& db);
// The same, and begins a transaction until whose end no worker can take a lease.
awaitable<void> begin_without_workers(confab::mysql::connection& db);

class leases {
public:
    leases(std::uint64_t partitions, std::chrono::milliseconds lease);

    // The worker's id, as SQL text.
    const std::string& owner() const { return owner_; }
    // The same as in partition_state::owner.
    const std::string& id() const { return id_; }

    // Whether a call of renew() is due.
    bool is_renewal_due() const;
    // Renews the leases, releases surplus partitions and takes free ones. True: state cached before must be dropped.
    // Throws mysql::failure; then nothing is owned until a later call succeeds. REQUIRES: not in a transaction.
    awaitable<bool> renew(confab::mysql::connection& db);
    const std::vector<core::partition_number>& owned() const { return owned_; }

    // Nothing is owned until the next renew(), which is due immediately.
    void invalidate();
    awaitable<void> release(confab::mysql::connection& db);

private:
    using clock = std::chrono::steady_clock;
    using numbers = std::vector<core::partition_number>;

    awaitable<std::uint64_t> fair_share(confab::mysql::connection& db);
    awaitable<numbers> extend_owned(confab::mysql::connection& db);
    awaitable<void> give_up(confab::mysql::connection& db, const numbers& these);
    awaitable<numbers> take(confab::mysql::connection& db, std::uint64_t most);
    std::string until() const;

    const std::uint64_t partitions_;
    const std::chrono::milliseconds lease_;
    const std::string id_, owner_;
    numbers owned_;
    clock::time_point due_ = clock::time_point::min();
};

}  // namespace confab::ledger::mysql
