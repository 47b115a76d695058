// Brings changes, and above all deletions, to the indexes beside the one that is searched, and has those removed that
// nobody needs. In the background, on every worker: what one leaves another does.
//
// 1. Every few seconds it asks which such indexes there are, and compares how far each has come with the chats'
// changes.
//    Why not with each commit: there is one such index for some hours a year, and a comparison also finds what a
//    reindex was storing when it was killed: the index has begun with a chat before its first text is stored.
// 2. It brings only what was changed or deleted. New messages are left to the reindex.
#pragma once

#include <functional>
#include <string>

#include "base/async.hpp"
#include "base/log_throttle.hpp"
#include "ledger/ledger.hpp"
#include "search/indexed/siblings.hpp"
#include "write/stop_signal.hpp"

namespace confab::write {

class sibling_follower {
public:
    // All of its work is done on `home`. `ledger_failure`: what the log says of a ledger that failed.
    sibling_follower(ledger::reader& ledger, search::sibling_indexes& siblings, asio::any_io_executor home,
                     std::function<std::string()> ledger_failure);

    // Brings to each of them the changes that it lacks. What fails is logged, and tried again next time. Errors: also
    // shutting_down (stop() was called).
    awaitable<result<void>> catch_up();
    // Goes on with both until stop(). Once.
    awaitable<void> run();
    // Any thread. run() and catch_up() return within one store.
    void stop() { stop_.stop(); }

private:
    awaitable<result<void>> catch_up(search::sibling_index& with);
    void log_failure(const std::string& of_index);

    ledger::reader& ledger_;
    search::sibling_indexes& siblings_;
    const std::function<std::string()> ledger_failure_;
    stop_signal stop_;
    log_throttle log_;
};

}  // namespace confab::write
