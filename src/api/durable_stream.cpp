// The stream of a chat has a JSON object for each event. Its offsets are positions of the chat. An object is as it is
// when it is read, so a range that is read again may have other bytes, and a deleted text never comes again. So the
// entity tag of a page covers the chat's changes, and caches have to ask.
#include "api/durable_stream.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "api/feed_stream.hpp"
#include "api/replies.hpp"
#include "base/clock.hpp"
#include "base/digits.hpp"
#include "base/random.hpp"

namespace confab::api {
namespace {

// A page: at most so many events, and little more than so many bytes.
constexpr std::size_t page_events_max = 1000;
constexpr std::size_t page_bytes_min = 128 * 1024;

constexpr std::chrono::seconds long_poll_time{20};
constexpr std::chrono::seconds sse_lifetime{60};  // as the protocol recommends, so that proxies can join readers

constexpr std::string_view cursor_header = "Stream-Cursor", up_to_date_header = "Stream-Up-To-Date";

// Cursors are numbers of intervals of 20 s since 2024-10-09. A client sends the last one back, and gets a larger one.
// So a proxy that joins requests by their URL does not answer from an old response (section 8.1 of the protocol).
std::uint64_t cursor_after(const std::optional<std::string>& last) {
    constexpr std::int64_t epoch_s = 1'728'432'000, interval_s = 20;
    constexpr std::size_t digits_max = 15;
    constexpr unsigned jitter_max_s = 3600;
    const auto cursor =
        static_cast<std::uint64_t>(std::max<std::int64_t>(now().us / 1'000'000 - epoch_s, 0) / interval_s);
    std::uint64_t sent = 0;
    if (last && is_digits(*last) && last->size() <= digits_max)
        std::from_chars(last->data(), last->data() + last->size(), sent);
    if (sent < cursor || sent == 0) return cursor;
    std::array<std::byte, 1> drawn;
    fill_random(drawn);
    return sent + 1 + std::to_integer<unsigned>(drawn[0]) % (jitter_max_s / interval_s);
}

enum class mode { catch_up, long_poll, sse };

struct stream_request {
    api::mode mode = api::mode::catch_up;
    bool is_now = false;
    std::optional<core::offset> from;  // nothing: from the beginning, or from now
};

http::expected<stream_request> parse(const call& c, const feed_parameters& given) {
    stream_request parsed;
    if (given.live) {
        if (*given.live != "long-poll" && *given.live != "sse") return malformed("live must be long-poll or sse");
        if (!given.offset) return malformed("live needs an offset: -1, now, or a Stream-Next-Offset");
        parsed.mode = *given.live == "sse" ? mode::sse : mode::long_poll;
    }
    if (!given.offset) return parsed;
    const auto header = c.request.find("Last-Event-ID");
    if (given.last_event_id || (header && !header->empty()))
        return malformed("offset cannot be combined with Last-Event-ID");
    parsed.is_now = *given.offset == "now";
    if (parsed.is_now || *given.offset == "-1") return parsed;
    parsed.from = core::offset::parse(*given.offset);
    if (!parsed.from) return malformed("offset must be -1, now, or a Stream-Next-Offset");
    return parsed;
}

// A stream as it was when the request came.
struct stream_state {
    core::generation generation;
    live::counters head;

    std::string offset_of(const live::counters& at) const { return core::text_of({generation, live::position_of(at)}); }
};

// Where to begin to read. Errors: other_generation.
http::expected<live::counters> start_of(const stream_request& r, const stream_state& s) {
    if (r.is_now) return s.head;
    if (!r.from) return live::counters();
    const auto start = live::counters_of(r.from->position);
    if (r.from->generation == s.generation && !start.exceed(s.head)) return start;
    return http::problem{http::problem_kind::other_generation,
                         "the ledger was restored or gave writes up since: read from the beginning (offset=-1)"};
}

// The JSON array of events.
class event_array {
public:
    void add(const live::event& e) {
        text_ += count_++ == 0 ? '[' : ',';
        text_ += e.text->data();
    }
    bool is_full() const { return count_ >= page_events_max || text_.size() >= page_bytes_min; }
    std::size_t room() const { return page_events_max - count_; }
    std::string text() && { return count_ == 0 ? "[]" : std::move(text_) + "]"; }

private:
    std::string text_;
    std::size_t count_ = 0;
};

// The next events of a follower, as many as a page may have.
std::string take_events(live::follower& from) {
    event_array events;
    while (!events.is_full()) {
        const auto* const e = from.pop();
        if (!e) break;
        events.add(*e);
    }
    return std::move(events).text();
}

void add_offset_headers(http::response& r, const stream_state& s, const live::counters& next,
                        const feed_parameters& given) {
    r.headers.add(next_offset_header, s.offset_of(next));
    if (next == s.head) r.headers.add(up_to_date_header, "true");
    r.headers.add(cursor_header, std::to_string(cursor_after(given.cursor)));
}

// `kind`: part of the entity tag. A page that reaches the end has another header than one that does not. A page of
// delivered events has objects as of their commits, so it is never taken for one that is read.
http::response page_of(std::string body, const stream_state& s, const live::counters& from, const live::counters& next,
                       const feed_parameters& given, std::string_view kind) {
    auto r = http::json_response(200, std::move(body));
    r.etag = fmt::format("\"{}:{}:{}:{}\"", s.offset_of(from), s.offset_of(next), s.head.changes, kind);
    add_offset_headers(r, s, next, given);
    return r;
}

awaitable<http::response> catch_up(const call& c, const feed_parameters& given, live::followed_topic chat,
                                   stream_state s, live::counters from) {
    event_array events;
    auto next = from;
    while (!events.is_full() && s.head.exceed(next)) {
        const auto read =
            co_await live::read_backlog(c.services.feed.readers, event_texts(), chat, next, s.head, events.room());
        if (!read) co_return refuse(c, read.error());
        for (const auto& e : *read) {
            events.add(e);
            next.of(e.counter) = e.number;
        }
    }
    co_return page_of(std::move(events).text(), s, from, next, given, next == s.head ? "end" : "part");
}

http::response nothing_new(const stream_state& s, const feed_parameters& given) {
    http::response r{.status = 204};
    r.is_storable = false;
    add_offset_headers(r, s, s.head, given);
    return r;
}

// REQUIRES: `from` is the head of `s`, and the stream has begun there.
awaitable<http::response> wait_for_events(const feed_parameters& given, std::shared_ptr<feed_stream> stream,
                                          stream_state s) {
    auto step = feed_stream::step::ping;
    while (step == feed_stream::step::ping) step = co_await stream->wait();
    if (step == feed_stream::step::end) co_return nothing_new(s, given);
    const auto from = s.head;
    auto events = take_events(stream->follower());
    const auto& chat = stream->follower().topics().front();
    s.head = chat.known;
    co_return page_of(std::move(events), s, from, chat.sent, given, "delivered");
}

// The events `data` and `control` of section 5.7 of the protocol.
class sse_stream {
public:
    sse_stream(std::shared_ptr<feed_stream> stream, stream_state s, std::uint64_t cursor)
        : stream_(std::move(stream)), state_(s), cursor_(cursor) {}

    awaitable<http::piece> next() {
        if (is_ended_) co_return std::nullopt;
        // A client that has everything hears so at once.
        if (!std::exchange(has_begun_, true) && stream_->follower().is_up_to_date()) co_return control();
        const auto step = co_await stream_->wait();
        if (step == feed_stream::step::ping) co_return std::string(ping_comment);
        if (step == feed_stream::step::end) {
            is_ended_ = true;
            co_return retry_line() + "\n";
        }
        const auto events = take_events(stream_->follower());
        co_return "event: data\ndata: " + events + "\n\n" + control();
    }

private:
    std::string control() {
        const auto& chat = stream_->follower().topics().front();
        cursor_ = std::max(cursor_, cursor_after(std::nullopt));
        return fmt::format("event: control\ndata: {{\"streamNextOffset\":\"{}\",\"streamCursor\":\"{}\"{}}}\n\n",
                           state_.offset_of(chat.sent), cursor_,
                           stream_->follower().is_up_to_date() ? ",\"upToDate\":true" : "");
    }

    const std::shared_ptr<feed_stream> stream_;
    const stream_state state_;
    std::uint64_t cursor_;
    bool has_begun_ = false;
    bool is_ended_ = false;
};

// How long a stream may live: the shorter one of both; 0: not limited.
std::chrono::seconds shorter(std::chrono::seconds a, std::chrono::seconds b) {
    return a.count() == 0 ? b : b.count() == 0 ? a : std::min(a, b);
}

awaitable<http::response> follow(const call& c, feed_parameters given, core::app_token app, live::followed_topic chat,
                                 stream_request request) {
    const auto& feed = c.services.feed;
    auto permit = feed.quota.acquire(app);
    if (!permit) co_return refuse(c, permit.error());
    const auto executor = co_await asio::this_coro::executor;
    const auto lifetime = shorter(feed.lifetime, request.mode == mode::sse ? sse_lifetime : long_poll_time);
    const auto stream = std::make_shared<feed_stream>(feed, executor, std::move(*permit), lifetime);
    const std::vector<live::followed_topic> topics(1, chat);
    const auto heads = co_await stream->add(topics);
    if (!heads) co_return refuse(c, heads.error());
    const stream_state s{heads->generation, head_of(chat, *heads)};
    const auto from = start_of(request, s);
    if (!from) co_return refuse(c, from.error());
    stream->follower().begin(chat.topic, *from, s.head);
    cancel_with(c, stream);
    if (request.mode == mode::long_poll) {
        if (*from != s.head) co_return co_await catch_up(c, given, chat, s, *from);
        co_return co_await wait_for_events(given, stream, s);
    }
    const auto source = std::make_shared<sse_stream>(stream, s, cursor_after(given.cursor));
    auto r = event_stream_response();
    r.more = [source] { return source->next(); };
    co_return r;
}

}  // namespace

awaitable<http::response> read_durable_stream(call c, feed_parameters given, core::app_token app,
                                              live::followed_topic chat) {
    const auto request = parse(c, given);
    if (!request) co_return refuse(c, request.error());
    const bool is_head = c.request.method == http::verb::head;
    if (request->mode != mode::catch_up && !is_head)
        co_return co_await follow(c, std::move(given), app, chat, *request);
    const core::chat_id chats[] = {core::chat_id(chat.topic.id)};
    const auto heads = co_await c.services.feed.readers.read_heads(chats, {});
    if (!heads) co_return refuse(c, heads.error());
    if (heads->chats.empty()) co_return not_found(c);
    const stream_state s{heads->generation, head_of(chat, *heads)};
    if (is_head) {
        auto r = http::json_response(200, {});
        r.is_storable = false;
        r.headers.add(next_offset_header, s.offset_of(s.head));
        co_return r;
    }
    const auto from = start_of(*request, s);
    if (!from) co_return refuse(c, from.error());
    auto page = co_await catch_up(c, given, chat, s, *from);
    if (request->is_now) {
        page.etag.clear();
        page.is_storable = false;
    }
    co_return page;
}

}  // namespace confab::api
