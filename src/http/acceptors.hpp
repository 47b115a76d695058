// The listening sockets of a server.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <vector>

#include "http/endpoint.hpp"

namespace confab::http {

// Listens on all endpoints, in order. Skips an optional endpoint if the machine lacks its address or address family.
// Throws startup_error: a port is taken or not permitted, or an address does not exist.
std::vector<boost::asio::ip::tcp::acceptor> open_acceptors(boost::asio::io_context& loop,
                                                           const std::vector<endpoint>& wanted);

}  // namespace confab::http
