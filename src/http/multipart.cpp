#include "http/multipart.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include "base/trimmed.hpp"

namespace confab::http {
namespace {

using boost::beast::iequals;

constexpr auto npos = std::string_view::npos;

std::string_view header_in(std::string_view head, std::string_view name) {
    while (!head.empty()) {
        const auto end = head.find("\r\n");
        const auto line = head.substr(0, end);
        head.remove_prefix(end == npos ? head.size() : end + 2);
        const auto colon = line.find(':');
        if (colon != npos && iequals(trimmed(line.substr(0, colon)), name)) return trimmed(line.substr(colon + 1));
    }
    return {};
}

// A parameter of a header such as Content-Disposition (RFC 9110, 5.6.6), without quotes. Nothing: it is absent or
// malformed.
std::optional<std::string> header_parameter(std::string_view header, std::string_view name) {
    const auto begin = std::min(header.find(';'), header.size());
    for (const auto& [key, value] : boost::beast::http::param_list(header.substr(begin)))
        if (iequals(key, name)) return std::string(value);
    return std::nullopt;
}

// Adds the part if it is a named text. False: the part is malformed.
bool add_part(std::string_view part, pairs& found) {
    std::string_view head, content;
    if (part.starts_with("\r\n")) {  // no header
        content = part.substr(2);
    } else {
        const auto end = part.find("\r\n\r\n");
        if (end == npos) return false;
        head = part.substr(0, end);
        content = part.substr(end + 4);
    }
    const auto disposition = header_in(head, "Content-Disposition");
    auto name = header_parameter(disposition, "name");
    if (!name || header_parameter(disposition, "filename")) return true;
    found.emplace_back(std::move(*name), content);
    return true;
}

}  // namespace

std::optional<pairs> parse_multipart(std::string_view content_type, std::string_view body) {
    const auto boundary = header_parameter(content_type, "boundary");
    if (!boundary || boundary->empty() || boundary->size() > 70) return std::nullopt;  // RFC 2046, 5.1.1
    const std::string delimiter = "\r\n--" + *boundary;
    const std::string first = delimiter.substr(2);
    std::size_t at = first.size();
    if (!body.starts_with(first)) {  // a preamble
        at = body.find(delimiter);
        if (at == npos) return std::nullopt;
        at += delimiter.size();
    }
    pairs found;
    for (;;) {
        auto rest = body.substr(at);
        if (rest.starts_with("--")) return found;
        const auto line_end = rest.find("\r\n");
        if (line_end == npos || !trimmed(rest.substr(0, line_end)).empty()) return std::nullopt;
        rest.remove_prefix(line_end + 2);
        const std::size_t begin = at + line_end + 2;
        // In a part without content, the blank line after the header may be the line break before the delimiter.
        const auto end = body.find(delimiter, begin >= 2 ? begin - 2 : begin);
        if (end == npos) return std::nullopt;
        if (end >= begin && !add_part(body.substr(begin, end - begin), found)) return std::nullopt;
        at = end + delimiter.size();
    }
}

}  // namespace confab::http
