// The addresses to listen on, and the check whether they need --auth=open.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace confab::app {

struct listen_address {
    std::string host;  // an IP address, without brackets
    std::uint16_t port;
    bool is_loopback;
    bool is_of_localhost = false;  // one of localhost's two addresses; a machine may lack either

    // Like 127.0.0.1:3000 or [::1]:3000, or several of them, separated by commas. localhost:3000 means both of these.
    // Throws usage_error.
    static std::vector<listen_address> parse(const std::string& text);
};

// Throws usage_error if an address is not loopback and `auth` is not `open`, or `auth` is invalid.
void require_protected(const std::vector<listen_address>& where, const std::string& auth);

}  // namespace confab::app
