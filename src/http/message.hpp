// A request as it was read whole, and the response to it. No word of chat, and no type of the library that reads and
// writes them.
#pragma once

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

namespace confab::http {

enum class verb { get, head, post, put, delete_, options, other };
std::string_view name_of(verb v);

// Views last as long as the request is being answered.
struct request_header {
    std::string_view name;
    std::string_view value;
};

struct request {
    verb method = verb::other;
    std::string_view target;  // as sent: path and query
    std::vector<request_header> headers;
    std::string body;
    std::string id;  // for Request-Id: the client's, or made here

    // The first header of that name (case-insensitive).
    std::optional<std::string_view> find(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    // All headers of that name as one list (RFC 9110, 5.3).
    std::optional<std::string> list(std::string_view name) const;
};

// Gives the next piece of a long body; nothing at its end. An error or an exception breaks the connection off, so
// that the client sees the body is not whole.
using piece = boost::system::result<std::optional<std::string>>;
using body_source = std::function<awaitable<piece>()>;

// A header field as it goes over the wire. REQUIRES: no control characters.
inline void append_header(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

// Header fields, one behind the other.
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
    std::string_view content_type = {};  // a literal; empty: there is no body
    std::string body = {};
    std::string etag = {};                      // with its quotes; empty: this text has none
    std::optional<timestamp> modified_at = {};  // what the body shows, for conditions; it is not sent
    header_lines headers = {};                  // beside these two
    body_source more = {};                      // set: the body goes on with its pieces, in chunks
};

inline constexpr std::string_view json_type = "application/json";
response json_response(unsigned status, std::string body);

}  // namespace confab::http
