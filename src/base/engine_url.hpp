// Where a foreign engine is, as operators write it: scheme://user:password@host:port/path (RFC 3986).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace confab {

struct engine_url {
    std::string scheme;
    std::string user;      // percent-decoded, like all that follows
    std::string password;
    std::string host;      // a name or an IP address, without brackets
    std::uint16_t port;    // the default one where none was written
    std::string path;      // without its leading '/'
    std::map<std::string, std::string> parameters;

    // Without the password, for people to read.
    std::string shown() const;

    // Throws startup_error: not a URL, another scheme, no host, a port that is none.
    static engine_url parse(std::string_view text, std::string_view scheme, std::uint16_t default_port);
};

}  // namespace confab
