// Writes batches of decided commands.
#pragma once

#include <span>

#include "base/async.hpp"
#include "base/error.hpp"
#include "core/batch_effects.hpp"
#include "core/command.hpp"
#include "core/state.hpp"

namespace confab::ledger {

// One batch at a time: load, decide, apply. One writer, one thread. load() and apply() of a shared ledger throw
// lost_commits (ledger/lost_commits.hpp): then the worker must stop.
class writer {
public:
    virtual ~writer() = default;

    // Adds to `s` what decide() needs for these commands and `s` lacks. For commands of a shared queue it also adds the
    // results of those already done (state::put with a job). Its transaction begins here. It keeps every other writer
    // from their partitions until apply(), which also moves the positions. Errors: unavailable, writes_closed (SQLite
    // alone, after outcome_unknown).
    virtual awaitable<result<void>> load(std::span<const core::command* const> commands, core::state& s) = 0;

    // Makes all effects durable, or none, with one sync. Once it returns, readers see them, and a crash of the process
    // or the machine loses none of them. REQUIRES: the effects were decided, in this order, on a state that this ledger
    // loaded last.
    // Errors:
    // - unavailable: nothing is kept. But a shared ledger may have committed the batch, if only the reply was lost.
    //   Then the queue delivers the commands again, and load() finds their results.
    // - outcome_unknown (SQLite alone): the sync failed, and only a restart shows the outcome. Every later call returns
    //   writes_closed.
    // - writes_closed (SQLite alone): an earlier call returned outcome_unknown.
    // - rejected (a shared ledger alone): the engine refuses some of the data. Nothing is kept. A batch of one command
    //   becomes a dead letter.
    virtual awaitable<result<void>> apply(const core::batch_effects& effects) = 0;

    // Maintenance between batches. Call it after a batch was answered.
    virtual awaitable<void> maintain(timestamp now) = 0;
};

}  // namespace confab::ledger
