// A keep-alive connection with at most one request in flight, like a browser's.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace confab::bench {

using clock = std::chrono::steady_clock;

// The times of a request in flight.
struct due {
    clock::time_point at;
    bool is_counted;
};

class connection {
public:
    // Errors: std::system_error (nobody listens).
    explicit connection(std::uint16_t port);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    int file() const { return file_; }
    const due& in_flight() const { return in_flight_; }

    // REQUIRES: nothing is in flight.
    void send(std::string_view request, due when);
    // Reads the available bytes. Returns the status once an answer is complete. Errors: std::runtime_error (closed by
    // the server, or an answer without a Content-Length).
    std::optional<unsigned> receive();
    // The last answer.
    std::string_view answer() const { return received_; }

private:
    int file_;
    due in_flight_{};
    std::string received_;
};

}  // namespace confab::bench
