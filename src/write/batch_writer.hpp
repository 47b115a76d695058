// The batch writer. It waits for commands, takes all that are queued (within its limits) and decides them. The ledger
// commits their effects, and only then every client is answered.
//
// Why not a transaction per request: on a common disk one sync costs as much as hundreds of inserts. Under load, all
// commands that arrived during one sync share the next one. A single write waits for no other.
#pragma once

#include <functional>

#include "base/async.hpp"
#include "core/decide.hpp"
#include "ledger/writer.hpp"
#include "queue/queue.hpp"

namespace confab::write {

struct batch_options {
    queue::batch_limits limits;
    core::rules rules;
    // Called with the effects of each commit, before its clients are answered. On the executor of write_batches(). They
    // and what they refer to are valid during the call.
    std::function<void(const core::batch_effects&)> committed = {};
};

// Runs until the queue is closed and empty, on the caller's executor. If the ledger fails, each command of the batch is
// answered with its error. If the ledger rejects a batch of several commands, they are committed one by one, and only
// those that it still rejects are answered `rejected`. Throws what the ledger throws, and then answers nothing more.
// REQUIRES: `source` and `into` live until it returns; nobody else takes from `source` or writes to `into`.
awaitable<void> write_batches(queue::receiver& source, ledger::writer& into, batch_options options);

}  // namespace confab::write
