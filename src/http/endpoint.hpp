// An address and a port to listen on.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string>

namespace confab::http {

struct endpoint {
    std::string address;  // of an interface: IPv4 or IPv6
    std::uint16_t port;   // 0: any free port, the same for all endpoints with 0
    bool is_optional = false;

    bool is_v6() const { return address.find(':') != std::string::npos; }

    // As in a URL, like 127.0.0.1:3000 or [::1]:3000.
    std::string text() const {
        return is_v6() ? fmt::format("[{}]:{}", address, port) : fmt::format("{}:{}", address, port);
    }
};

}  // namespace confab::http
