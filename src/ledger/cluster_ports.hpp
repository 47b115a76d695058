// What a ledger offers besides when many nodes send to it and many workers write it: what became of a command, and who
// may write which partition.
#pragma once

#include <optional>
#include <vector>

#include "base/async.hpp"
#include "base/error.hpp"
#include "core/command.hpp"
#include "core/delivery.hpp"

namespace confab::ledger {

// For a node that sends commands through a shared queue. Any thread, any number of calls at once.
class command_status {
public:
    virtual ~command_status() = default;

    // What is to be known before the command is sent. Errors: not_found (what it would write to is not there),
    // unavailable.
    virtual awaitable<result<core::last_seen>> snapshot(const core::command& c) = 0;

    // What became of a command that was sent: its answer; an error that refused it; nothing as long as its entry was
    // not passed, or where its entry is not known (`c.came` without an epoch). Reads the position first, then the rows,
    // so that a command that was passed is never missed.
    // Errors besides its refusal: outcome_unknown (it was passed and left no trace that tells), unavailable (could not
    // look).
    virtual awaitable<result<std::optional<core::command_result>>> lookup(const core::command& c,
                                                                          const core::delivery& delivery) = 0;
};

// For a worker: which partitions it may write. A partition has one owner at a time, by a lease on the database's clock;
// the writer of the same worker checks the lease again in every transaction.
class ownership {
public:
    virtual ~ownership() = default;

    // Renews the leases, gives up what others lack and takes what is free, so that all workers alive have about as
    // many. To be called between batches, often: it asks the database only when it is time. Errors: unavailable
    // (nothing may be written until it answers again).
    virtual awaitable<result<std::vector<core::partition_number>>> renew() = 0;

    // Gives up all, so that nobody has to wait for the leases to end.
    virtual awaitable<void> release() = 0;
};

}  // namespace confab::ledger
