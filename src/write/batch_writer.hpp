// The batch writer. It waits for commands, takes all that are queued (within its limits) and decides them. The ledger
// commits their effects, and only then every client is answered.
//
// Why not a transaction per request: on a common disk one sync costs as much as hundreds of inserts. Under load, all
// commands that arrived during one sync share the next one. A single write waits for no other.
#pragma once

#include <functional>

#include "base/async.hpp"
#include "core/decide.hpp"
#include "ledger/ledger.hpp"
#include "queue/queue.hpp"

namespace confab::write {

struct batch_options {
    queue::batch_limits limits;
    core::rules rules;
    std::function<void(std::span<const core::effect>)> committed = {};  // gets the effects of each commit
};

// Runs until the queue is closed and empty, on the caller's executor.
// REQUIRES: nobody else takes from `source` or writes to `into`.
awaitable<void> write_batches(queue::receiver& source, ledger::writer& into, batch_options options);

}  // namespace confab::write
