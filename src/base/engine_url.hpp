// The URL of an external engine: scheme://user:password@host:port/path (RFC 3986). No log line and no error shows a
// password, even if the text is not a valid URL.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace confab {

// Like db:3306 or [::1]:3306.
std::string host_and_port(std::string_view host, std::uint16_t port);

struct engine_url {
    std::string scheme;
    std::string user;  // percent-decoded, like all members below
    std::string password;
    std::string host;    // a name or an IP address, without brackets
    std::uint16_t port;  // the default port if the URL has none
    std::string path;    // without its leading '/'
    std::map<std::string, std::string> parameters;

    // For logs and reports. Hides the password. Hides a user without a password too, because it may be a password.
    std::string redacted() const;

    // Throws startup_error, which quotes nothing of the text: not a URL, another scheme, no host, an invalid port, or a
    // password with characters that end the authority.
    static engine_url parse(std::string_view text, std::string_view scheme, std::uint16_t default_port);
};

// A text that should be such a URL, for logs and reports. `***` replaces a text that is not a URL, a user without a
// password, a path that is not a plain name, and parameters other than ssl.
std::string redacted_url(std::string_view text);

}  // namespace confab
