// An open stream of events: waits for the next events, the next ping, or its end.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "api/feed.hpp"
#include "api/routes.hpp"
#include "live/follower.hpp"

namespace confab::api {

// Used on the thread of its loop.
class feed_stream {
public:
    using clock = live::follower::clock;

    // `lifetime`: of this stream; 0: not limited.
    feed_stream(const feed& f, const asio::any_io_executor& executor, stream_quota::permit permit,
                std::chrono::seconds lifetime);

    live::follower& follower() { return follower_; }
    const live::follower& follower() const { return follower_; }

    // Registers the topics, and then reads their counters. Errors: those of the reader; not_found (one does not exist).
    awaitable<result<ledger::heads>> add(const std::vector<live::followed_topic>& topics);

    enum class step { events, ping, end };
    // events: follower().pop() returns at least one. If the ledger cannot be read, tries again each second.
    awaitable<step> wait();

    // Makes wait() return `end`.
    void cancel();

private:
    const feed& feed_;
    const stream_quota::permit permit_;
    asio::steady_timer pause_;
    live::follower follower_;
    clock::time_point next_ping_;
    const clock::time_point end_;
    bool is_cancelled_ = false;
};

// The counters of a topic. REQUIRES: the topic is among them.
live::counters head_of(const live::followed_topic& t, const ledger::heads& heads);

// Cancels the stream when the request is cancelled.
void cancel_with(const call& c, const std::shared_ptr<feed_stream>& stream);

// The header of a response that streams events.
http::response event_stream_response();

// Sends the client of an event source away for a moment. Why not 503: a browser's EventSource never comes back after an
// error status.
http::response come_back_later();

inline constexpr std::string_view ping_comment = ": ping\n\n";
// A time for the client to wait before it comes back, with jitter, as a line of the stream.
std::string retry_line();

}  // namespace confab::api
