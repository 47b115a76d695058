// A follower: the events of some topics for one client, in order and without a gap.
//
// For each topic it holds the counters that its client has got (`sent`) and the largest that it knows of (`known`).
//
// - Up to date: each event that the hub delivers is kept in `buffer_` until the client takes it.
// - Behind: the topic has a `target`, the counters up to which it is read from the ledger, in slices. Events that are
//   delivered meanwhile are buffered. Those that the reads included are skipped later.
// - Objects that are read may be newer than the target. An event in the buffer could then have an older one. So after
//   the reads, the counters are read once more. If the chat was changed meanwhile, it is read up to there.
// - A topic falls behind when it begins at an earlier position, when the buffer overflows (the buffer is dropped), and
//   when the hub reports more than it delivered. It is up to date again when `sent` reaches the target: the buffer has
//   all events after the target.
//
// So a client gets no older object after a newer one. A client that reads slowly, or not at all, costs its counters and
// a bounded buffer. It never loses an event.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "live/backlog.hpp"

namespace confab::live {

// Used on the thread of its loop.
class follower {
public:
    using clock = std::chrono::steady_clock;

    // REQUIRES: `hub` and `readers` outlive this; the caller runs on a loop of the hub, with `executor`.
    follower(hub& hub, const asio::any_io_executor& executor, ledger::readers& readers, event_texts texts,
             std::size_t buffer_bytes_max);
    ~follower();
    follower(const follower&) = delete;
    follower& operator=(const follower&) = delete;

    // Registers a topic. Call begin() for it next. REQUIRES: it is not registered yet.
    void add(const followed_topic& t);
    // The client has the topic up to `sent`. The ledger has it up to `head`, which was read after add(). REQUIRES:
    // `sent` does not exceed `head`.
    void begin(const topic& t, const counters& sent, const counters& head);

    enum class outcome { events, timeout, stopped };
    // Waits for events. With outcome::events, pop() returns at least one. Errors: those of the reader; then it may be
    // called again, and continues. REQUIRES: begin() was called for each topic; not called concurrently.
    awaitable<result<outcome>> next(clock::time_point until);

    // The next event, now counted as sent. Null: call next().
    const event* pop();

    struct followed {
        followed_topic topic;
        counters sent;
        counters known;
        counters target = {};   // behind: read up to here
        bool was_read = false;  // since the counters were read

        bool is_behind() const { return target.exceed(sent); }
    };
    // In the order of add().
    std::span<const followed> topics() const { return topics_; }
    // Whether nothing is left to take or read.
    bool is_up_to_date() const;

    // Makes next() return `stopped`, now and later.
    void stop();

    // Called by the hub.
    void deliver(const event& e);

private:
    followed& find(const topic& t);
    followed* find_behind();
    followed* find_read();
    awaitable<result<void>> look_for_changes(followed& f);
    bool is_new(const event& e) const;
    void drop_buffer();
    void wake();

    hub::loop& loop_;
    ledger::readers& readers_;
    const event_texts texts_;
    const std::size_t buffer_bytes_max_;
    std::vector<followed> topics_;
    std::deque<event> read_;    // from the ledger, to be taken first
    std::deque<event> buffer_;  // delivered
    std::size_t buffer_bytes_ = 0;
    event current_;  // the last one taken
    asio::steady_timer timer_;
    bool is_waiting_ = false;
    bool is_stopped_ = false;
};

}  // namespace confab::live
