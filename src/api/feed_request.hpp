// The parameters of a request for events.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/routes.hpp"
#include "core/event_id.hpp"
#include "http/problem.hpp"

namespace confab::api {

// As sent, from the query string. Of a repeated name the last value counts.
struct feed_parameters {
    std::optional<std::string> offset, live, cursor, last_event_id, chats;

    // Errors: malformed.
    static http::expected<feed_parameters> read(const call& c);
};

// The Last-Event-ID of the request: the header, or else the parameter. Nothing: neither is there, or it is empty.
// Errors: malformed.
http::expected<std::optional<core::event_id>> read_event_id(const call& c, const feed_parameters& given);

// The chats to follow, each once: 1 to event_id_chats_max. Errors: malformed.
http::expected<std::vector<core::chat_number>> read_chats(const std::string& chats);

// Whether the Accept header names text/event-stream.
bool accepts_event_stream(const http::request& r);

http::problem malformed(std::string detail);

}  // namespace confab::api
