#include "base/engine_url.hpp"

#include <fmt/core.h>

#include <boost/url/parse.hpp>

#include "base/error.hpp"

namespace confab {

std::string engine_url::shown() const {
    const auto who = user.empty() ? "" : user + "@";
    return fmt::format("{}://{}{}:{}{}{}", scheme, who, host, port, path.empty() ? "" : "/", path);
}

engine_url engine_url::parse(std::string_view text, std::string_view scheme, std::uint16_t default_port) {
    const auto parsed = boost::urls::parse_uri(text);
    const bool has_port = parsed && !parsed->port().empty();
    const bool is_port_wrong = has_port && parsed->port_number() == 0;  // or too large
    // What was written may hold a password, so it is not repeated.
    if (!parsed || parsed->scheme() != scheme || parsed->host().empty() || is_port_wrong)
        throw startup_error(fmt::format("the URL of an engine must look like {}://user:password@host:{}", scheme,
                                        default_port));
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

}  // namespace confab
