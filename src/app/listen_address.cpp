#include "app/listen_address.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "app/options.hpp"

namespace confab::app {

listen_address listen_address::parse(const std::string& text) {
    const auto fail = [&] {
        throw usage_error(
            fmt::format("listen is '{}': it takes ADDRESS:PORT, like 127.0.0.1:3000 or [::1]:3000", text));
    };
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) fail();
    auto host = text.substr(0, colon);
    const auto port = text.substr(colon + 1);
    const bool digits = !port.empty() && port.size() <= 5 && std::ranges::all_of(port, ::isdigit);
    if (!digits || std::stoul(port) > 65535) fail();
    if (host == "localhost") host = "127.0.0.1";
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    boost::system::error_code cause;
    const auto address = boost::asio::ip::make_address(host, cause);
    if (cause) fail();
    return {host, static_cast<std::uint16_t>(std::stoul(port)), address.is_loopback()};
}

std::string listen_address::url(std::uint16_t actual_port) const {
    const bool is_v6 = host.find(':') != std::string::npos;
    return is_v6 ? fmt::format("http://[{}]:{}", host, actual_port) : fmt::format("http://{}:{}", host, actual_port);
}

void require_protected(const listen_address& where, const std::string& auth) {
    if (!auth.empty() && auth != "open") throw usage_error(fmt::format("auth is '{}': it takes 'open'", auth));
    if (where.is_loopback || auth == "open") return;
    throw usage_error(fmt::format(
        "listening on {} lets anybody who reaches it do anything: say --auth=open if that is meant", where.host));
}

}  // namespace confab::app
