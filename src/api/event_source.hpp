// The live feed as server-sent events (HTML standard, 9.2), for the browser's EventSource and its like.
#pragma once

#include <vector>

#include "api/feed_request.hpp"
#include "live/event.hpp"
#include "live/hub.hpp"

namespace confab::api {

enum class feed_kind { of_chat, of_app };

// Follows these topics of an app: one chat, or the app and chats of it. It begins where the request's Last-Event-ID
// says, or now.
awaitable<http::response> open_event_source(call c, feed_parameters given, core::app_token app, feed_kind kind,
                                            std::vector<live::followed_topic> topics);

}  // namespace confab::api
