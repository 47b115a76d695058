// Where to listen, and whether that is allowed without keys.
#pragma once

#include <cstdint>
#include <string>

namespace confab::app {

struct listen_address {
    std::string host;  // an IP address, without brackets
    std::uint16_t port;
    bool is_loopback;

    // Like 127.0.0.1:3000, [::1]:3000 or localhost:3000. Throws usage_error.
    static listen_address parse(const std::string& text);

    // As it stands in a URL, with the port really listened on.
    std::string url(std::uint16_t actual_port) const;
};

// Throws usage_error when everybody would be let in from outside without that being said in so many words.
void require_protected(const listen_address& where, const std::string& auth);

}  // namespace confab::app
