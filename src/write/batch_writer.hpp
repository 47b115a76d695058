// The batch writer. It sleeps until a command waits, takes what waits (within its limits), decides, has the ledger keep
// it, and only then answers everyone. Why not a transaction per request: on a common disk one sync costs as much as
// hundreds of inserts, and under load a sync is shared by all that came while the last one ran. Alone, a write waits
// for nobody.
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
    std::function<void(std::span<const core::effect>)> committed = {};  // is told what each commit changed
};

// Runs until the queue is closed and empty. Everything happens on the caller's executor.
// REQUIRES: nobody else takes from `source` or writes to `into`.
awaitable<void> write_batches(queue::receiver& source, ledger::writer& into, batch_options options);

}  // namespace confab::write
