#include "http/response_text.hpp"

#include <boost/beast/http/status.hpp>

#include "base/clock.hpp"
#include "base/digits.hpp"
#include "base/http_date.hpp"

namespace confab::http {
namespace {

constexpr std::size_t head_bytes = 448;  // enough for the fields of every response

// A response is for its client only, and may change later. So shared caches must not store it, and a private cache must
// revalidate it.
constexpr std::string_view storable = "Cache-Control: private, no-cache\r\n",
                           not_storable = "Cache-Control: no-store\r\n";
// A browser must not guess another type.
constexpr std::string_view common_headers = "X-Content-Type-Options: nosniff\r\n";

// In milliseconds, to the microsecond.
void append_timing(std::string& out, std::chrono::steady_clock::duration took) {
    const auto us = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
    out += "Server-Timing: total;dur=";
    append_number(out, us / 1000);
    const auto digit = [us](std::uint64_t unit) { return static_cast<char>('0' + us / unit % 10); };
    out.append({'.', digit(100), digit(10), digit(1), '\r', '\n'});
}

// Formatted once a second.
const std::string& date_now() {
    thread_local std::int64_t made_at_s = 0;
    thread_local std::string date;
    const auto at = now();
    if (const auto s = at.us / 1'000'000; s != made_at_s) {
        made_at_s = s;
        date = http_date(at);
    }
    return date;
}

bool has_body(unsigned status) {
    return status >= 200 && status != 204 && status != 304;
}

}  // namespace

void append_response(std::string& out, const response& r, std::string_view request_id,
                     std::optional<std::chrono::steady_clock::duration> took, const framing& f) {
    const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(r.status));
    out.reserve(out.size() + head_bytes + r.headers.text().size() + r.body.size());
    out += "HTTP/1.1 ";
    append_number(out, r.status);
    out.append(" ").append(reason).append("\r\n");
    append_header(out, "Date", date_now());
    out.append(r.is_storable ? storable : not_storable).append(common_headers);
    if (!r.content_type.empty()) append_header(out, "Content-Type", r.content_type);
    out += r.headers.text();
    if (!r.etag.empty()) append_header(out, "ETag", r.etag);
    append_header(out, "Request-Id", request_id);
    if (took) append_timing(out, *took);
    if (!f.keep_alive) append_header(out, "Connection", "close");
    if (f.keep_alive && !f.supports_chunked) append_header(out, "Connection", "keep-alive");  // HTTP/1.0 needs it
    if (r.more) {
        if (f.supports_chunked) append_header(out, "Transfer-Encoding", "chunked");
    } else if (has_body(r.status)) {
        out += "Content-Length: ";
        append_number(out, r.body.size());
        out += "\r\n";
    }
    out.append("\r\n");
    if (f.is_head || !has_body(r.status)) return;
    if (r.more)
        append_piece(out, r.body, f);
    else
        out.append(r.body);
}

void append_piece(std::string& out, std::string_view text, const framing& f) {
    if (text.empty()) return;  // an empty chunk would end the body
    if (f.supports_chunked) {
        append_number(out, text.size(), 16);
        out += "\r\n";
    }
    out.append(text);
    if (f.supports_chunked) out.append("\r\n");
}

void append_end(std::string& out, const framing& f) {
    if (f.supports_chunked) out.append("0\r\n\r\n");
}

}  // namespace confab::http
