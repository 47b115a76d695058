// Options of a client's TCP socket (tcp(7)). A kernel that refuses one keeps its own limit.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <chrono>
#include <tuple>

namespace confab::http {

// Limits the bytes that the kernel buffers for a slow client. Without the limit it buffers some megabytes, and the
// session sees no progress until the client has read a third of them.
inline void limit_unsent_bytes(int socket) {
    constexpr int bytes_max = 128 * 1024;
    std::ignore = setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes_max, sizeof bytes_max);
}

// Closes the connection of a client that acknowledges nothing for so long. A stream whose client has vanished sends
// pings, which never fill the buffer. Without the limit it would stay open for a quarter of an hour.
inline void limit_unacknowledged_time(int socket, std::chrono::milliseconds most) {
    const auto ms = static_cast<unsigned>(most.count());
    std::ignore = setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
}

}  // namespace confab::http
