// An id stands before each event, so that a client that received a part of a piece continues after that part.
#include "api/event_source.hpp"

#include <algorithm>
#include <utility>

#include "api/feed_stream.hpp"
#include "api/replies.hpp"

namespace confab::api {
namespace {

constexpr std::size_t piece_bytes_min = 64 * 1024;  // at this size a piece is written

// Nothing: the id does not name the topic.
std::optional<live::counters> position_in(const core::event_id& id, const live::followed_topic& t) {
    if (t.topic.of == live::topic::kind::app)
        return id.chats_count ? std::optional(live::counters{*id.chats_count, 0}) : std::nullopt;
    const auto found = id.find(t.chat);
    return found ? std::optional(live::counters_of(*found)) : std::nullopt;
}

// Whether this ledger's history has all positions of the id.
bool is_within(const core::event_id& id, const std::vector<live::followed_topic>& topics, const ledger::heads& heads) {
    if (id.generation && *id.generation != heads.generation) return false;
    return std::ranges::none_of(topics, [&](const auto& t) {
        const auto start = position_in(id, t);
        return start && start->exceed(head_of(t, heads));
    });
}

class event_source {
public:
    event_source(std::shared_ptr<feed_stream> stream, feed_kind kind, const core::generation& g)
        : stream_(std::move(stream)), kind_(kind), generation_(g) {}

    // The first event.
    std::string first(std::string_view type) const {
        auto text = retry_line();
        append_id(text);
        text.append("event: ").append(type).append("\ndata: {\"type\":\"").append(type).append("\"}\n\n");
        return text;
    }

    awaitable<http::piece> next() {
        if (is_ended_) co_return std::nullopt;
        const auto step = co_await stream_->wait();
        if (step == feed_stream::step::ping) co_return std::string(ping_comment);
        if (step == feed_stream::step::end) {
            is_ended_ = true;
            co_return retry_line() + "\n";
        }
        std::string text;
        while (text.size() < piece_bytes_min) {
            const auto* const e = stream_->follower().pop();
            if (!e) break;
            append_id(text);
            text += e->text->lines();
        }
        co_return text;
    }

private:
    void append_id(std::string& out) const {
        out += "id: ";
        for (const auto& f : stream_->follower().topics()) {
            if (kind_ == feed_kind::of_chat)
                out += core::event_id_of(generation_, f.topic.chat, live::position_of(f.sent));
            else if (f.topic.topic.of == live::topic::kind::app)
                core::append_app(out, generation_, f.sent.creations);
            else
                core::append_chat(out, f.topic.chat, live::position_of(f.sent));
        }
        out += '\n';
    }

    const std::shared_ptr<feed_stream> stream_;
    const feed_kind kind_;
    const core::generation generation_;
    bool is_ended_ = false;
};

}  // namespace

awaitable<http::response> open_event_source(call c, feed_parameters given, core::app_token app, feed_kind kind,
                                            std::vector<live::followed_topic> topics) {
    const auto& feed = c.services.feed;
    const auto from = read_event_id(c, given);
    if (!from) co_return refuse(c, from.error());
    if (kind == feed_kind::of_chat && *from && !(*from)->find(topics.front().chat))
        co_return refuse(c, malformed("the id of the event is of another chat"));
    if (c.request.method == http::verb::head) co_return event_stream_response();
    auto permit = feed.quota.acquire(app);
    if (!permit) co_return refuse(c, permit.error());
    const auto executor = co_await asio::this_coro::executor;
    const auto stream = std::make_shared<feed_stream>(feed, executor, std::move(*permit), feed.lifetime);
    const auto heads = co_await stream->add(topics);
    if (!heads) co_return heads.error() == error::unavailable ? come_back_later() : refuse(c, heads.error());
    const bool is_valid = !*from || is_within(**from, topics, *heads);
    for (const auto& t : topics) {
        const auto head = head_of(t, *heads);
        const auto start = is_valid && *from ? position_in(**from, t) : std::nullopt;
        stream->follower().begin(t.topic, start.value_or(head), head);
    }
    cancel_with(c, stream);
    const auto source = std::make_shared<event_source>(stream, kind, heads->generation);
    auto r = event_stream_response();
    r.body = source->first(is_valid ? "ready" : "reset");
    r.more = [source] { return source->next(); };
    co_return r;
}

}  // namespace confab::api
