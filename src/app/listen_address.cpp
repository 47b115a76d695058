#include "app/listen_address.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <string_view>

#include "app/options.hpp"
#include "base/digits.hpp"
#include "base/trimmed.hpp"

namespace confab::app {
namespace {

// One ADDRESS:PORT.
std::vector<listen_address> parse_one(std::string_view text) {
    text = trimmed(text, " ");
    const auto fail = [&] {
        throw usage_error(
            fmt::format("--listen is '{}': it takes ADDRESS:PORT, like 127.0.0.1:3000 or [::1]:3000", text));
    };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) fail();
    auto host = text.substr(0, colon);
    const auto digits = text.substr(colon + 1);
    if (!is_digits(digits) || digits.size() > 5) fail();
    const auto port = std::stoul(std::string(digits));
    if (port > 65535) fail();
    const auto known_port = static_cast<std::uint16_t>(port);
    if (host == "localhost") return {{"127.0.0.1", known_port, true, true}, {"::1", known_port, true, true}};
    const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
    if (is_bracketed) host = host.substr(1, host.size() - 2);
    boost::system::error_code cause;
    const auto address = boost::asio::ip::make_address(host, cause);
    if (cause || address.is_v6() != is_bracketed) fail();
    return {{address.to_string(), known_port, address.is_loopback()}};
}

}  // namespace

std::vector<listen_address> listen_address::parse(const std::string& text) {
    std::vector<listen_address> found;
    for (std::string_view left = text;;) {
        const auto comma = std::min(left.find(','), left.size());
        for (const auto& each : parse_one(left.substr(0, comma))) {
            const auto is_same = [&](const auto& other) { return other.host == each.host && other.port == each.port; };
            if (std::ranges::any_of(found, is_same))
                throw usage_error(fmt::format("listen names port {} of {} twice", each.port, each.host));
            found.push_back(each);
        }
        if (comma == left.size()) return found;
        left.remove_prefix(comma + 1);
    }
}

void require_protected(const std::vector<listen_address>& where, const std::string& auth) {
    if (!auth.empty() && auth != "open") throw usage_error(fmt::format("--auth is '{}': it takes 'open'", auth));
    const auto open = std::ranges::find(where, false, &listen_address::is_loopback);
    if (open == where.end() || auth == "open") return;
    throw usage_error(fmt::format(
        "listening on {} gives every client full access, without authentication: confirm it with --auth=open",
        open->host));
}

}  // namespace confab::app
