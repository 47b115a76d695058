#include "base/engine_url.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/url/parse.hpp>
#include <optional>

#include "base/error.hpp"

namespace confab {
namespace {

namespace urls = boost::urls;

constexpr std::string_view hidden = "***";
constexpr std::string_view visible_queries[] = {"?ssl=disable", "?ssl=enable", "?ssl=require"};

// A '/', '?' or '#' in a password ends the authority unless it is percent-encoded. The rest of the password is then
// parsed as path, query or fragment, and the part before it may pass for host and port. An '@' after the authority
// reveals this. No engine URL has a fragment.
std::optional<urls::url_view> parse_strictly(std::string_view text) {
    const auto parsed = urls::parse_uri(text);
    if (!parsed || parsed->host().empty() || parsed->has_fragment()) return std::nullopt;
    const std::string_view resource = parsed->encoded_resource();
    const bool is_cut = resource.find('@') != std::string_view::npos || resource.find("%40") != std::string_view::npos;
    return is_cut ? std::nullopt : std::optional(*parsed);
}

// A user without a password may be a password whose ':' was forgotten.
std::string redacted_login(std::string_view user, bool has_password) {
    if (user.empty()) return "";
    return fmt::format("{}@", has_password ? user : hidden);
}

bool may_be_in_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '/';
}

// A path is a database's name or number. Any other text after the host may be a password, or the rest of one.
std::string_view redacted_path(std::string_view path) {
    return std::ranges::all_of(path, may_be_in_name) ? path : hidden;
}

}  // namespace

std::string host_and_port(std::string_view host, std::uint16_t port) {
    const bool is_ipv6 = host.find(':') != std::string_view::npos;
    return is_ipv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string engine_url::redacted() const {
    return fmt::format("{}://{}{}{}{}", scheme, redacted_login(user, !password.empty()), host_and_port(host, port),
                       path.empty() ? "" : "/", redacted_path(path));
}

engine_url engine_url::parse(std::string_view text, std::string_view scheme, std::uint16_t default_port) {
    const auto parsed = parse_strictly(text);
    const bool has_port = parsed && !parsed->port().empty();
    const bool is_port_wrong = has_port && parsed->port_number() == 0;  // or too large
    // The error does not quote the text, because it may contain a password.
    if (!parsed || parsed->scheme() != scheme || is_port_wrong)
        throw startup_error(
            fmt::format("the URL of an engine must look like {}://user:password@host:{}, with '/', '?', "
                        "'#', '@' and '%' of a password percent-encoded",
                        scheme, default_port));
    engine_url found{std::string(scheme),
                     parsed->user(),
                     parsed->password(),
                     parsed->host_address(),
                     has_port ? parsed->port_number() : default_port,
                     parsed->path(),
                     {}};
    if (found.path.starts_with('/')) found.path.erase(0, 1);
    for (const auto& p : parsed->params()) found.parameters[p.key] = p.value;
    return found;
}

std::string redacted_url(std::string_view text) {
    if (text.empty()) return "";
    const auto parsed = parse_strictly(text);
    if (!parsed) return std::string(hidden);
    const std::string_view user = parsed->encoded_user(), host = parsed->encoded_host_and_port(),
                           path = parsed->encoded_path();
    const std::string_view slash = path.starts_with('/') ? "/" : "";
    const auto query = parsed->has_query() ? "?" + std::string(std::string_view(parsed->encoded_query())) : "";
    const bool is_query_visible =
        query.empty() || std::ranges::find(visible_queries, query) != std::end(visible_queries);
    return fmt::format("{}://{}{}{}{}{}", std::string_view(parsed->scheme()),
                       redacted_login(user, !parsed->encoded_password().empty()), host, slash,
                       redacted_path(path.substr(slash.size())), is_query_visible ? query : fmt::format("?{}", hidden));
}

}  // namespace confab
