// A response in wire format (RFC 9112).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace confab::http {

struct framing {
    bool keep_alive;
    bool supports_chunked;  // an HTTP/1.1 client
    bool is_head;           // the request was HEAD: no body is sent
};

// Appends the status line, the header and the first part of the body. `took` is sent as Server-Timing.
void append_response(std::string& out, const response& r, std::string_view request_id,
                     std::optional<std::chrono::steady_clock::duration> took, const framing& f);

// Appends one piece of a streamed body, as a chunk if the client supports chunks.
void append_piece(std::string& out, std::string_view text, const framing& f);
void append_end(std::string& out, const framing& f);

}  // namespace confab::http
