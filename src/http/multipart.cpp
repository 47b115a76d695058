#include "http/multipart.hpp"

#include <boost/beast/core/string.hpp>

namespace confab::http {
namespace {

using boost::beast::iequals;

constexpr auto npos = std::string_view::npos;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// Removes a quoted string from the front of `text`, which begins with its quote.
std::optional<std::string> take_quoted(std::string_view& text) {
    std::string value;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return value;
        }
        // A backslash escapes only a quote or itself, because some clients send Windows paths unescaped.
        if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
        value += text[i];
    }
    return std::nullopt;
}

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

std::optional<std::string> header_parameter(std::string_view header, std::string_view name) {
    header.remove_prefix(std::min(header.size(), header.find(';')));
    while (!header.empty()) {
        header = trimmed(header.substr(1));
        const auto equals = header.find_first_of("=;");
        if (equals == npos) return std::nullopt;
        if (header[equals] == ';') {
            header.remove_prefix(equals);
            continue;
        }
        const auto key = trimmed(header.substr(0, equals));
        header = trimmed(header.substr(equals + 1));
        std::optional<std::string> value;
        if (header.starts_with('"')) {
            value = take_quoted(header);
            if (!value) return std::nullopt;
        } else {
            value = std::string(trimmed(header.substr(0, header.find(';'))));
        }
        if (iequals(key, name)) return value;
        header.remove_prefix(std::min(header.size(), header.find(';')));
    }
    return std::nullopt;
}

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
