// One keep-alive connection, which has one request in flight at most, as a browser's.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace confab::bench {

using clock = std::chrono::steady_clock;

// What a request in flight has to be timed with.
struct due {
    clock::time_point at;
    bool is_counted;
};

class connection {
public:
    // Throws std::system_error: nobody listens.
    explicit connection(std::uint16_t port);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    int file() const { return file_; }
    const due& in_flight() const { return in_flight_; }

    // REQUIRES: nothing is in flight.
    void send(std::string_view request, due when);
    // Takes what has arrived; the status once an answer is whole. Throws std::runtime_error: closed by the server, or
    // not an answer with a Content-Length.
    std::optional<unsigned> receive();
    // Of the answer that was received last.
    std::string_view answer() const { return received_; }

private:
    int file_;
    due in_flight_{};
    std::string received_;
};

}  // namespace confab::bench
