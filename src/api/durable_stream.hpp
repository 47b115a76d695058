// A chat's events as a stream of the Durable Streams protocol (github.com/durable-streams/durable-streams,
// PROTOCOL.md): its read side, with JSON as content type.
#pragma once

#include "api/feed_request.hpp"
#include "live/hub.hpp"

namespace confab::api {

// Answers a GET or HEAD of the chat's stream. `given.offset` absent: from the beginning.
awaitable<http::response> read_durable_stream(call c, feed_parameters given, core::app_token app,
                                              live::followed_topic chat);

inline constexpr std::string_view next_offset_header = "Stream-Next-Offset";

}  // namespace confab::api
