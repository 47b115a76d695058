#include "api/feed_stream.hpp"

#include <algorithm>
#include <utility>

#include "base/digits.hpp"
#include "base/random.hpp"

namespace confab::api {
namespace {

constexpr std::chrono::seconds retry_pause{1};  // after a failed read of the ledger

// A server that stops sends all its clients away at once. They come back within this time.
constexpr unsigned retry_min_ms = 1000, retry_jitter_ms = 2000;

}  // namespace

feed_stream::feed_stream(const feed& f, const asio::any_io_executor& executor, stream_quota::permit permit,
                         std::chrono::seconds lifetime)
    : feed_(f),
      permit_(std::move(permit)),
      pause_(executor),
      follower_(f.hub, executor, f.readers, event_texts(), f.buffer_bytes_max),
      next_ping_(clock::now() + f.ping),
      end_(lifetime.count() > 0 ? clock::now() + lifetime : clock::time_point::max()) {}

awaitable<result<ledger::heads>> feed_stream::add(const std::vector<live::followed_topic>& topics) {
    std::vector<core::chat_id> chats;
    std::vector<core::app_id> apps;
    for (const auto& t : topics) {
        follower_.add(t);
        if (t.topic.of == live::topic::kind::app)
            apps.emplace_back(t.topic.id);
        else
            chats.emplace_back(t.topic.id);
    }
    auto heads = co_await feed_.readers.read_heads(chats, apps);
    if (heads && heads->chats.size() + heads->apps.size() != topics.size()) co_return error::not_found;
    co_return heads;
}

awaitable<feed_stream::step> feed_stream::wait() {
    using outcome = live::follower::outcome;
    for (;;) {
        const auto done = co_await follower_.next(std::min(next_ping_, end_));
        const auto at = clock::now();
        const bool has_failed = !done && done.error() != error::shutting_down && !is_cancelled_;
        if (has_failed && at < next_ping_ && at < end_) {
            pause_.expires_after(retry_pause);
            co_await pause_.async_wait(use_tuple);
            continue;
        }
        if (at >= end_ || (!done && !has_failed) || (done && *done == outcome::stopped)) co_return step::end;
        next_ping_ = at + feed_.ping;
        co_return done && *done == outcome::events ? step::events : step::ping;
    }
}

void feed_stream::cancel() {
    is_cancelled_ = true;
    pause_.cancel();
    follower_.stop();
}

live::counters head_of(const live::followed_topic& t, const ledger::heads& heads) {
    if (t.topic.of == live::topic::kind::app)
        return {std::ranges::find(heads.apps, core::app_id(t.topic.id), &ledger::app_counter::app)->chats_count, 0};
    return live::counters_of(
        std::ranges::find(heads.chats, core::chat_id(t.topic.id), &core::chat_position::chat)->position);
}

void cancel_with(const call& c, const std::shared_ptr<feed_stream>& stream) {
    auto cancelled = c.request.cancelled;
    if (!cancelled.is_connected()) return;
    cancelled.assign([stream = std::weak_ptr(stream)](asio::cancellation_type) {
        if (const auto open = stream.lock()) open->cancel();
    });
}

http::response event_stream_response() {
    http::response r{.status = 200, .content_type = "text/event-stream"};
    r.is_storable = false;
    r.headers.add("X-Accel-Buffering", "no");
    return r;
}

http::response come_back_later() {
    auto r = event_stream_response();
    r.body = retry_line() + "\n";
    return r;
}

std::string retry_line() {
    std::array<std::byte, 2> drawn;
    fill_random(drawn);
    const auto random = std::to_integer<unsigned>(drawn[0]) << 8 | std::to_integer<unsigned>(drawn[1]);
    std::string line = "retry: ";
    append_number(line, retry_min_ms + random % retry_jitter_ms);
    return line += '\n';
}

}  // namespace confab::api
