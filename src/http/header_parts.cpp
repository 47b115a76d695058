// Beast's param_list parses parts, but ends silently at the first one that is not well-formed, and its ext_list gives
// an element without parameters those of the element before. So the list is split here, and a last part is added: if it
// is reached, all before it are well-formed.
#include "http/header_parts.hpp"

#include <algorithm>
#include <boost/beast/http/rfc7230.hpp>

#include "base/trimmed.hpp"

namespace confab::http {

std::string_view take_element(std::string_view& list) {
    bool is_quoted = false;
    std::size_t end = 0;
    for (; end < list.size() && (is_quoted || list[end] != ','); ++end) {
        if (list[end] == '"') is_quoted = !is_quoted;
        if (is_quoted && list[end] == '\\') ++end;
    }
    end = std::min(end, list.size());
    const auto element = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    return element;
}

std::optional<header_parts> parse_header_parts(std::string_view element) {
    element = trimmed(element);
    if (element.ends_with(';')) element = trimmed(element.substr(0, element.size() - 1));
    if (element.empty()) return std::nullopt;
    const auto text = ";" + std::string(element) + ";end";
    const auto* const end = text.data() + text.size();
    header_parts parts;
    for (const auto& [name, value] : boost::beast::http::param_list(text)) {
        if (name.data() + name.size() == end) return parts;
        parts.emplace_back(name, value);
    }
    return std::nullopt;
}

}  // namespace confab::http
