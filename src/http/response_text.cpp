#include "http/response_text.hpp"

#include <fmt/core.h>

#include <boost/beast/http/status.hpp>

#include "base/clock.hpp"

namespace confab::http {
namespace {

void append_header(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

// Made anew once a second.
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

void append_response(std::string& out, const response& r, std::string_view request_id, const framing& f) {
    const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(r.status));
    out.append("HTTP/1.1 ").append(std::to_string(r.status)).append(" ").append(reason).append("\r\n");
    append_header(out, "Date", date_now());
    for (const auto& h : r.headers) append_header(out, h.name, h.value);
    append_header(out, "Request-Id", request_id);
    if (!f.keep_alive) append_header(out, "Connection", "close");
    if (f.keep_alive && !f.chunks_known) append_header(out, "Connection", "keep-alive");  // HTTP/1.0 has to be told
    if (r.more) {
        if (f.chunks_known) append_header(out, "Transfer-Encoding", "chunked");
    } else if (has_body(r.status)) {
        append_header(out, "Content-Length", std::to_string(r.body.size()));
    }
    out.append("\r\n");
    if (f.is_head || !has_body(r.status)) return;
    if (r.more)
        append_piece(out, r.body, f);
    else
        out.append(r.body);
}

void append_piece(std::string& out, std::string_view text, const framing& f) {
    if (text.empty()) return;  // an empty chunk would be the end
    if (f.chunks_known) out.append(fmt::format("{:x}\r\n", text.size()));
    out.append(text);
    if (f.chunks_known) out.append("\r\n");
}

void append_end(std::string& out, const framing& f) {
    if (f.chunks_known) out.append("0\r\n\r\n");
}

}  // namespace confab::http
