// The live feed in its two forms. A chat's feed has both, the feed of an app only the first one.
#include <fmt/core.h>

#include <utility>

#include "api/durable_stream.hpp"
#include "api/event_source.hpp"
#include "api/feed.hpp"
#include "api/feed_stream.hpp"
#include "api/handlers.hpp"
#include "api/path_parameters.hpp"
#include "api/replies.hpp"

namespace confab::api {

namespace {

http::response refuse_event_source(const call& c, const boost::system::error_code& why) {
    return why == error::unavailable ? come_back_later() : refuse(c, why);
}

}  // namespace

awaitable<http::response> follow_chat(call c) {
    const auto path = chat_path::parse(c);
    if (!path) co_return not_found(c);
    auto given = feed_parameters::read(c);
    const bool has_offset = !given || given->offset || given->live;
    const bool is_event_source = !has_offset && c.request.method != http::verb::head && accepts_event_stream(c.request);
    const auto chat = co_await c.services.feed.readers.find_chat(path->app, path->chat);
    if (!chat && is_event_source) co_return refuse_event_source(c, chat.error());
    if (!chat) co_return refuse(c, chat.error());
    if (!given) co_return refuse(c, given.error());
    const live::followed_topic topic{live::topic_of(chat->id), chat->number};
    if (!is_event_source) co_return co_await read_durable_stream(std::move(c), std::move(*given), path->app, topic);
    std::vector<live::followed_topic> topics(1, topic);
    co_return co_await open_event_source(std::move(c), std::move(*given), path->app, feed_kind::of_chat,
                                         std::move(topics));
}

awaitable<http::response> follow_app(call c) {
    const auto token = core::app_token::parse(c.app());
    if (!token) co_return not_found(c);
    auto& readers = c.services.feed.readers;
    const auto app = co_await readers.find_app(*token);
    if (!app) co_return refuse_event_source(c, app.error());
    auto given = feed_parameters::read(c);
    if (!given) co_return refuse(c, given.error());
    if (given->offset || given->live)
        co_return refuse(c, malformed("the feed of an app has no offsets: follow it with Last-Event-ID"));
    std::vector<core::chat_number> numbers;
    if (given->chats) {
        auto read = read_chats(*given->chats);
        if (!read) co_return refuse(c, read.error());
        numbers = std::move(*read);
    }
    std::vector<live::followed_topic> topics;
    topics.push_back({live::topic_of(app->id), {}});
    for (const auto number : numbers) {
        const auto chat = co_await readers.find_chat(*token, number);
        if (!chat && chat.error() == error::not_found)
            co_return refuse(
                c, http::problem{http::problem_kind::not_found, fmt::format("no such chat: {}", number.value())});
        if (!chat) co_return refuse_event_source(c, chat.error());
        topics.push_back({live::topic_of(chat->id), number});
    }
    co_return co_await open_event_source(std::move(c), std::move(*given), *token, feed_kind::of_app, std::move(topics));
}

}  // namespace confab::api
