#include "http/preference.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/ignoring_case.hpp"
#include "http/header_parts.hpp"

namespace confab::http {
namespace {

constexpr std::uint64_t wait_max_s = 60;

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
        const auto parts = parse_header_parts(take_element(left));
        if (!parts) continue;
        const auto& [name, value] = parts->front();
        if (equals_ignoring_case(name, "respond-async")) found.respond_async = true;
        if (!equals_ignoring_case(name, "wait") || std::exchange(has_wait, true)) continue;
        found.wait = parse_wait(value).value_or(std::chrono::seconds(0));
    }
    return found;
}

}  // namespace confab::http
