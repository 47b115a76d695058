// Where a foreign engine is, as operators write it: scheme://user:password@host:port/path (RFC 3986). What holds a
// password is shown to nobody, whether it is a URL or not.
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
    std::string user;  // percent-decoded, like all that follows
    std::string password;
    std::string host;    // a name or an IP address, without brackets
    std::uint16_t port;  // the default one where none was written
    std::string path;    // without its leading '/'
    std::map<std::string, std::string> parameters;

    // For people to read: without the password, and without a user that may be one.
    std::string redacted() const;

    // Throws startup_error, which repeats nothing of the text: not a URL, another scheme, no host, a port that is none,
    // a password with characters that end it.
    static engine_url parse(std::string_view text, std::string_view scheme, std::uint16_t default_port);
};

// Any text that was to be such a URL, for people to read. `***` stands for a text that is no URL, for a user without a
// password, and for parameters other than ssl.
std::string redacted_url(std::string_view text);

}  // namespace confab
