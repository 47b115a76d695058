// The listening sockets of a server.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <vector>

#include "http/endpoint.hpp"

namespace confab::http {

// Listens on all of them, in order. One that may be absent is left out where the machine has no such address, or not
// even its family. Throws startup_error: a port is taken or not permitted, an address is not there.
std::vector<boost::asio::ip::tcp::acceptor> open_acceptors(boost::asio::io_context& loop,
                                                           const std::vector<endpoint>& wanted);

}  // namespace confab::http
