#include "http/preference.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace confab::http {
namespace {

constexpr std::uint64_t wait_max_s = 60;

// The elements of a list. A comma in a quoted string does not separate them.
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

std::optional<std::chrono::seconds> parse_wait(std::string_view text) {
    std::uint64_t seconds = 0;
    const auto* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, seconds);
    if (read.ptr != end || (read.ec != std::errc() && read.ec != std::errc::result_out_of_range)) return std::nullopt;
    return std::chrono::seconds(read.ec == std::errc() ? std::min(seconds, wait_max_s) : wait_max_s);
}

}  // namespace

preference preference_of(const request& r) {
    preference found;
    const auto header = r.list("Prefer");
    if (!header) return found;
    bool has_wait = false;
    for (std::string_view left = *header; !left.empty();) {
        // An element has the form of a parameter, `name` or `name=value`, followed by its own parameters.
        const auto element = ";" + std::string(take_element(left));
        const boost::beast::http::param_list parts(element);
        const auto first = parts.begin();
        if (first == parts.end()) continue;
        if (boost::beast::iequals(first->first, "respond-async")) found.respond_async = true;
        if (!boost::beast::iequals(first->first, "wait") || std::exchange(has_wait, true)) continue;
        found.wait = parse_wait(first->second).value_or(std::chrono::seconds(0));
    }
    return found;
}

}  // namespace confab::http
