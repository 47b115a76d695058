// Where to listen, and whether that is allowed without keys.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace confab::app {

struct listen_address {
    std::string host;  // an IP address, without brackets
    std::uint16_t port;
    bool is_loopback;
    bool is_of_localhost = false;  // one of the two that this name stands for; a machine may lack either

    // Like 127.0.0.1:3000 or [::1]:3000, or several of them with commas between. localhost:3000 stands for both of
    // these. Throws usage_error.
    static std::vector<listen_address> parse(const std::string& text);
};

// Throws usage_error when everybody would be let in from outside without that being said in so many words.
void require_protected(const std::vector<listen_address>& where, const std::string& auth);

}  // namespace confab::app
