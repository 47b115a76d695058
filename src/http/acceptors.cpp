#include "http/acceptors.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/system/error_code.hpp>
#include <optional>

#include "base/error.hpp"
#include "base/log.hpp"

namespace confab::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int backlog = 4096;
constexpr int attempts_max = 20;  // to find a port that is free on all addresses

// Without it `[::]` would accept IPv4 connections too. IPv4 has endpoints of its own.
bool needs_v6_only(const endpoint& e, const std::vector<endpoint>& wanted) {
    return e.is_v6() && std::ranges::any_of(wanted, [&](const auto& o) { return !o.is_v6() && o.port == e.port; });
}

error_code open(tcp::acceptor& acceptor, const endpoint& e, bool v6_only) {
    error_code cause;
    const auto address = asio::ip::make_address(e.address, cause);
    if (cause) return cause;
    const tcp::endpoint at(address, e.port);
    acceptor.open(at.protocol(), cause);
    if (!cause) acceptor.set_option(asio::socket_base::reuse_address(true), cause);
    if (!cause && v6_only) acceptor.set_option(asio::ip::v6_only(true), cause);
    if (!cause) acceptor.bind(at, cause);
    if (!cause) acceptor.listen(backlog, cause);
    return cause;
}

bool is_address_missing(const error_code& cause) {
    return cause == boost::system::errc::address_family_not_supported ||
           cause == boost::system::errc::address_not_available;
}

// Nothing: the free port of the first endpoint is taken on another address.
std::optional<std::vector<tcp::acceptor>> try_open(asio::io_context& loop, const std::vector<endpoint>& wanted) {
    std::vector<tcp::acceptor> opened;
    std::uint16_t free_port = 0;
    for (auto e : wanted) {
        const bool is_v6_only = needs_v6_only(e, wanted), asks_for_any = e.port == 0;
        if (asks_for_any) e.port = free_port;
        tcp::acceptor acceptor(loop);
        const auto cause = open(acceptor, e, is_v6_only);
        if (e.is_optional && is_address_missing(cause)) {
            log::info(fmt::format("this machine has no address {}: listening without it", e.address));
            continue;
        }
        if (cause == boost::system::errc::address_in_use && asks_for_any && free_port != 0) return std::nullopt;
        if (cause) throw startup_error(fmt::format("cannot listen on {}: {}", e.text(), cause.message()));
        if (asks_for_any) free_port = acceptor.local_endpoint().port();
        opened.push_back(std::move(acceptor));
    }
    return opened;
}

}  // namespace

std::vector<tcp::acceptor> open_acceptors(asio::io_context& loop, const std::vector<endpoint>& wanted) {
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        auto opened = try_open(loop, wanted);
        if (opened && opened->empty()) throw startup_error("cannot listen: this machine has none of the addresses");
        if (opened) return std::move(*opened);
    }
    throw startup_error("cannot listen: no port was found that is free on every address");
}

}  // namespace confab::http
