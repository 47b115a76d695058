#include "http/multipart.hpp"

#include <algorithm>

#include "base/ignoring_case.hpp"
#include "base/trimmed.hpp"
#include "http/header_parts.hpp"

namespace confab::http {
namespace {

constexpr auto npos = std::string_view::npos;

std::string_view header_in(std::string_view head, std::string_view name) {
    while (!head.empty()) {
        const auto end = head.find("\r\n");
        const auto line = head.substr(0, end);
        head.remove_prefix(end == npos ? head.size() : end + 2);
        const auto colon = line.find(':');
        if (colon != npos && equals_ignoring_case(trimmed(line.substr(0, colon)), name))
            return trimmed(line.substr(colon + 1));
    }
    return {};
}

const std::string* find(const header_parts& parts, std::string_view name) {
    const auto found =
        std::ranges::find_if(parts, [&](const auto& part) { return equals_ignoring_case(part.first, name); });
    return found == parts.end() ? nullptr : &found->second;
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
    if (disposition.empty()) return true;
    const auto parts = parse_header_parts(disposition);
    if (!parts) return false;
    const auto* const name = find(*parts, "name");
    if (name && !find(*parts, "filename")) found.emplace_back(*name, content);
    return true;
}

}  // namespace

std::optional<pairs> parse_multipart(std::string_view content_type, std::string_view body) {
    const auto parts =
        parse_header_parts(content_type.substr(std::min(content_type.find(';') + 1, content_type.size())));
    const auto* const boundary = parts ? find(*parts, "boundary") : nullptr;
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
