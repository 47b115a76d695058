// Publishes the commits of a cluster's workers to the followers of a node.
//
// 1. A worker sends a hint after each commit: which topics have new counters (redis/hints.hpp). Hints may be lost.
// 2. So the poller also reads the counters of all followed topics once a second, with one statement.
// 3. For a topic whose counters rose it reads the new rows once for all followers, and publishes their events. If they
//    are many, it only publishes a notice, and each follower reads them in slices.
// 4. A topic that it meets for the first time gets a notice, too: its followers may have begun earlier.
// 5. If the ledger has another generation, it ends all streams. Their clients come back, and have to begin again.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <span>
#include <unordered_map>

#include "core/generation.hpp"
#include "ledger/readers.hpp"
#include "live/hint.hpp"
#include "live/hub.hpp"

namespace confab::live {

// Used on the thread of its loop.
class ledger_poller {
public:
    using clock = std::chrono::steady_clock;

    // REQUIRES: `hub` and `readers` outlive the loop.
    ledger_poller(hub& hub, ledger::readers& readers, event_texts texts, const asio::any_io_executor& loop);

    // Runs until its loop stops. Call it once.
    awaitable<void> run();

    void hinted(std::span<const hint> hints);
    // Hints may have been lost: polls at once.
    void missed_hints();

private:
    struct followed {
        core::chat_number chat;
        std::optional<counters> published;  // nothing: not read yet
    };

    struct hinted_counters {
        counters upto;
        bool lacks_creations = false;  // a hint had changes alone
    };
    using hints_by_topic = std::unordered_map<topic, hinted_counters, topic_hash>;

    awaitable<void> read_what_is_due();
    awaitable<void> poll();
    awaitable<bool> add_creations(hints_by_topic& hints);
    awaitable<void> read_hinted();
    void refresh_topics();
    awaitable<bool> advance(const topic& t, followed& f, const counters& head);
    void publish_notice(const topic& t, const counters& head);
    void wake();

    hub& hub_;
    ledger::readers& readers_;
    const event_texts texts_;
    asio::steady_timer timer_;
    clock::time_point next_poll_;
    bool is_waiting_ = false;
    core::generation generation_;  // of the positions that followers have got
    std::unordered_map<topic, followed, topic_hash> topics_;
    hints_by_topic hinted_;  // not read yet
};

}  // namespace confab::live
