#include "http/cross_origin.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/ignoring_case.hpp"
#include "base/require.hpp"
#include "http/authority.hpp"
#include "http/parameters.hpp"

namespace confab::http {
namespace {

authority well_formed(std::string_view text) {
    const auto parsed = authority::parse(text);
    require(parsed.has_value(), "a malformed host was refused before");
    return *parsed;
}

// The authority of the request. An absolute URL as its target overrides Host (RFC 9112, 3.2.2). Nothing: HTTP/1.0
// without Host.
std::optional<authority> target_authority(const request& r) {
    if (const auto target = authority_of(r.target)) return well_formed(*target);
    if (const auto host = r.find("Host")) return well_formed(*host);
    return std::nullopt;
}

// A dot at the end only marks a complete name.
bool is_same_name(std::string_view host, std::string_view allowed) {
    if (host.ends_with('.')) host.remove_suffix(1);
    return equals_ignoring_case(host, allowed);
}

bool is_allowed_host(const authority& to, std::span<const std::string> allowed_hosts) {
    return to.is != authority::kind::name || is_same_name(to.host, "localhost") ||
           std::ranges::any_of(allowed_hosts, [&](const auto& allowed) { return is_same_name(to.host, allowed); });
}

bool is_unsafe(verb v) {
    return v != verb::get && v != verb::head && v != verb::options;
}

struct scheme {
    std::string_view begin;
    std::uint16_t port;
};
constexpr scheme schemes[] = {{"http://", 80}, {"https://", 443}};

// Whether a page from `origin` belongs to this server. Behind a proxy it is unknown whether the client uses http or
// https. So a Host without a port has the default port of the origin's scheme.
bool is_same_origin(std::string_view origin, const authority& to) {
    for (const auto& s : schemes) {
        if (!origin.starts_with(s.begin)) continue;
        const auto from = authority::parse(origin.substr(s.begin.size()));
        return from && from->is != authority::kind::none && equals_ignoring_case(from->host, to.host) &&
               from->port.value_or(s.port) == to.port.value_or(s.port);
    }
    return false;  // also `null`, the origin of a sandboxed page or a file
}

// The sign that a page of another site sent the request. Nothing: there is none.
std::optional<std::string_view> cross_site_evidence(const request& r, const std::optional<authority>& to) {
    for (const auto& header : r.headers) {
        if (equals_ignoring_case(header.name, "Origin") && (!to || !is_same_origin(header.value, *to)))
            return "Origin has another host or port than Host";
        if (equals_ignoring_case(header.name, "Sec-Fetch-Site") && equals_ignoring_case(header.value, "cross-site"))
            return "Sec-Fetch-Site is cross-site";
    }
    return std::nullopt;
}

}  // namespace

std::optional<problem> cross_origin_problem(const request& r, std::span<const std::string> allowed_hosts) {
    const auto to = target_authority(r);
    if (to && !is_allowed_host(*to, allowed_hosts))
        return problem{problem_kind::misdirected,
                       fmt::format("'{}' is not an IP address, localhost or one of --allowed-hosts", to->host)};
    if (!is_unsafe(r.method)) return std::nullopt;
    const auto sign = cross_site_evidence(r, to);
    if (!sign) return std::nullopt;
    return problem{problem_kind::cross_origin, fmt::format("a web page of another site sent the request: {}", *sign)};
}

}  // namespace confab::http
