// The ports of a ledger that nodes and workers share. `command_status` reports the outcome of a command. `ownership`
// assigns partitions to workers.
#pragma once

#include <optional>
#include <vector>

#include "base/async.hpp"
#include "base/error.hpp"
#include "core/command.hpp"
#include "core/delivery.hpp"

namespace confab::ledger {

// For a node that sends commands through a shared queue. Any thread, any number of concurrent calls.
class command_status {
public:
    virtual ~command_status() = default;

    // The counters of the app or chat that the command writes to, for `delivery.seen`. Call it before the command is
    // sent. Errors: not_found (the app or chat does not exist), unavailable.
    virtual awaitable<result<core::last_seen>> snapshot(const core::command& c) = 0;

    // The outcome of a sent command: its result, or the error that refused it. Nothing: its entry was not processed
    // yet, or its entry is unknown (`delivery` has no epoch). Reads the position before the rows, so that it never
    // misses a processed command. Errors besides the refusal: outcome_unknown (the command was processed, and no row
    // shows the outcome), unavailable (the lookup failed).
    virtual awaitable<result<std::optional<core::command_result>>> lookup(const core::command& c,
                                                                          const core::delivery& delivery) = 0;
};

// For a worker: the partitions that it may write. A partition has one owner at a time, by a lease on the database's
// clock. The writer of the same worker checks the lease again in every transaction.
class ownership {
public:
    virtual ~ownership() = default;

    // Renews the leases. Releases surplus partitions and takes free ones, so that all live workers own about as many.
    // Call it often, between batches: it queries the database only when a renewal is due. Errors: unavailable (nothing
    // may be written until a later call succeeds). Throws lost_commits (ledger/lost_commits.hpp): the worker must stop.
    virtual awaitable<result<std::vector<core::partition_number>>> renew() = 0;

    // Releases all partitions, so that other workers need not wait for the leases to end.
    virtual awaitable<void> release() = 0;
};

}  // namespace confab::ledger
