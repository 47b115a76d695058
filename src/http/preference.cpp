#include "http/preference.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <charconv>

namespace confab::http {
namespace {

constexpr std::uint64_t wait_max_s = 60;

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string_view take_until(std::string_view& text, char end) {
    const auto at = text.find(end);
    const auto taken = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return trimmed(taken);
}

}  // namespace

preference preference_of(const request& r) {
    preference found;
    const auto header = r.list("Prefer");
    if (!header) return found;
    for (std::string_view left = *header; !left.empty();) {
        auto one = take_until(left, ',');
        const auto name = take_until(one, '=');
        if (boost::beast::iequals(name, "respond-async")) found.respond_async = true;
        std::uint64_t seconds = 0;
        const auto read = std::from_chars(one.data(), one.data() + one.size(), seconds);
        if (boost::beast::iequals(name, "wait") && read.ec == std::errc())
            found.wait = std::chrono::seconds(std::min(seconds, wait_max_s));
    }
    return found;
}

}  // namespace confab::http
