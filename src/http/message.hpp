// A complete request, and the response to it. Independent of chat, and of the HTTP library.
#pragma once

#include <algorithm>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/require.hpp"

namespace confab::http {

enum class verb { get, head, post, put, delete_, options, other };
std::string_view name_of(verb v);

// The views are valid until the request is answered.
struct request_header {
    std::string_view name;
    std::string_view value;
};

struct request {
    verb method = verb::other;
    std::string_view target;  // as sent: path and query
    std::vector<request_header> headers;
    std::string body;
    std::string id;  // for Request-Id: the client's, or a generated one
    // Signalled when a long response should end: the client has closed its side, or the server stops. A handler that
    // waits for long, or streams without an end, assigns it. It is cleared when the request is answered.
    asio::cancellation_slot cancelled = {};

    // The first header with that name (case-insensitive).
    std::optional<std::string_view> find(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    // All headers with that name as one list (RFC 9110, 5.3).
    std::optional<std::string> list(std::string_view name) const;
};

// Returns the next piece of a streamed body, or nothing at its end. An error or an exception aborts the connection, so
// that the client sees that the body is incomplete.
using piece = boost::system::result<std::optional<std::string>>;
using body_source = std::function<awaitable<piece>()>;

// Appends a header field in wire format. REQUIRES: no control characters.
inline void append_header(std::string& out, std::string_view name, std::string_view value) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    require_costly([&] { return std::ranges::none_of(name, is_control) && std::ranges::none_of(value, is_control); },
                   "a header field has no control characters");
    out.append(name).append(": ").append(value).append("\r\n");
}

// Header fields in wire format.
class header_lines {
public:
    void add(std::string_view name, std::string_view value) {
        if (lines_.empty()) lines_.reserve(192);
        append_header(lines_, name, value);
    }

    const std::string& text() const { return lines_; }

private:
    std::string lines_;
};

struct response {
    unsigned status = 200;
    std::string_view content_type = {};  // a literal; empty: no body
    std::string body = {};
    std::string etag = {};                      // with its quotes; empty: none
    std::optional<timestamp> modified_at = {};  // of the body's content, for conditions; not sent
    header_lines headers = {};                  // besides Content-Type and ETag
    body_source more = {};                      // if set, `body` is followed by its pieces, in chunks
    bool is_storable = true;                    // false: no cache may store it
};

inline constexpr std::string_view json_type = "application/json";
response json_response(unsigned status, std::string body);

}  // namespace confab::http
