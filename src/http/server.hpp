// The HTTP/1.1 server: accepts connections, spreads them evenly over the event loops, and serves each of them one
// request after another.
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
    std::chrono::seconds write_timeout;    // for the client to take a piece of the response
    // Names of this server beside localhost, in lower case: see cross_origin_problem().
    std::vector<std::string> allowed_hosts;
};

// Answers a request, on the loop of its connection. The request lives until the response is complete, its last piece
// included.
using handler = std::function<awaitable<response>(request&)>;

// REQUIRES: its loops never ran, or stop() has returned, when it is destroyed: its coroutines live in them to the end.
class server {
public:
    virtual ~server() = default;

    // Those it really listens on, with their ports.
    virtual const std::vector<endpoint>& endpoints() const = 0;

    // Begins to accept. REQUIRES: called once; the loops outlive the server's last connection.
    virtual void start(handler h) = 0;

    // Accepts no more, closes idle connections, lets requests in flight finish, and at the deadline breaks off the
    // rest. Not from a loop's thread. True: every request that had begun was answered.
    virtual bool drain(std::chrono::seconds deadline) = 0;
};

// Listens at once. Throws startup_error, as open_acceptors() does.
std::unique_ptr<server> listen(event_loops& loops, const server_options& options);

}  // namespace confab::http
