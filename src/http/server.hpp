// The HTTP/1.1 server. It accepts connections and spreads them evenly over the event loops. The requests of a
// connection are answered one after another.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/event_loops.hpp"
#include "http/endpoint.hpp"
#include "http/message.hpp"

namespace confab::http {

struct server_options {
    std::vector<endpoint> endpoints;
    std::size_t connections_max;
    std::size_t header_bytes_max;
    std::size_t body_bytes_max;
    std::chrono::seconds idle_timeout;     // between requests
    std::chrono::seconds request_timeout;  // from a request's first byte to its last
    std::chrono::seconds write_timeout;    // for the client to read a piece of the response
    // Names of this server besides localhost, in lower case: see cross_origin_problem().
    std::vector<std::string> allowed_hosts;
};

// Answers a request, on the loop of its connection. The request lives until the response is complete, including its
// last piece.
using handler = std::function<awaitable<response>(request&)>;

// REQUIRES: when it is destroyed, its loops never ran or event_loops::stop() has returned. The loops hold its
// coroutines until then.
class server {
public:
    virtual ~server() = default;

    // The endpoints it listens on, with their actual ports.
    virtual const std::vector<endpoint>& endpoints() const = 0;

    // Starts to accept connections. REQUIRES: called once; the loops outlive the server's last connection.
    virtual void start(handler h) = 0;

    // Stops accepting, closes idle connections, and lets requests in flight finish. At the deadline it closes the other
    // connections. True: every request that had begun was answered. REQUIRES: not on a loop's thread.
    virtual bool drain(std::chrono::seconds deadline) = 0;
};

// Opens the listening sockets. Throws startup_error, as open_acceptors() does.
std::unique_ptr<server> listen(event_loops& loops, const server_options& options);

}  // namespace confab::http
