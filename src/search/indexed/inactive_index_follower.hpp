// Applies changes, above all deletions, to the inactive indexes, and removes unused ones. It runs in the
// background on every worker, so any worker can finish the work of another.
//
// 1. Every few seconds it lists these indexes, and compares the position of each with the changes of the chats.
//    Why not with each commit: such an index exists for some hours a year. A comparison also finds the chat that a
//    killed reindex was storing: the index begins a chat before its first text is stored.
// 2. It applies only changes and deletions. New messages are left to the reindex.
#pragma once

#include <functional>
#include <string>

#include "base/async.hpp"
#include "base/log_throttle.hpp"
#include "ledger/index_source.hpp"
#include "search/indexed/inactive_indexes.hpp"
#include "search/indexed/stop_signal.hpp"

namespace confab::search {

class inactive_index_follower {
public:
    // All work runs on `home`. `ledger_failure`: the reason of a failed ledger call; may be null.
    inactive_index_follower(ledger::index_source& ledger, inactive_indexes& indexes, asio::any_io_executor home,
                            std::function<std::string()> ledger_failure);

    // Applies to each index the changes that it lacks. An index that fails does not stop the others. Errors:
    // unavailable (last_failure() is the reason; the next call tries again), shutting_down (stop() was called).
    awaitable<result<void>> catch_up();
    const std::string& last_failure() const { return last_failure_; }
    // Catches up and removes unused indexes until stop(). Logs failures. May be called once.
    awaitable<void> run();
    // Any thread. run() and catch_up() return within one store.
    void stop() { stop_.stop(); }

private:
    awaitable<result<void>> catch_up(inactive_index& with);
    void note_failure(boost::system::error_code cause, const std::string& of_index);
    void log_failure();

    ledger::index_source& ledger_;
    inactive_indexes& indexes_;
    const std::function<std::string()> ledger_failure_;
    stop_signal stop_;
    std::string last_failure_;
    log_throttle log_;
};

}  // namespace confab::search
