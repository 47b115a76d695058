// One connection: reads a request, has it answered, writes the response, and repeats this until one side closes.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "http/response_text.hpp"
#include "http/server.hpp"

namespace confab::http {

using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

// Used only on its loop's thread.
class session {
public:
    using clock = std::chrono::steady_clock;

    session(tcp_socket socket, const server_options& options, const handler& handle, const bool& draining);
    ~session();

    awaitable<void> run();

    // To be called periodically. Ends the connection if its deadline has passed.
    void enforce_deadline(clock::time_point at);
    // Closes the connection if no request is being read or answered. Cancels a long response.
    void drain();
    // Resets the connection in the middle of a streamed body.
    void close();

private:
    struct request_reader;

    // What the session waits for, and what happens at its deadline.
    enum class phase {
        idle,        // a request; it closes
        receiving,   // the rest of a request; it becomes timed_out
        timed_out,   // nothing; it answers 408
        responding,  // all else; it closes
    };

    awaitable<bool> read_request(request_reader& r);
    void wait_for_request(const request_reader& r);
    awaitable<void> serve_one(request_reader& r);
    awaitable<void> write_pieces(response& r, std::string_view id, const framing& f);
    std::optional<std::string_view> send(std::string_view text);
    awaitable<bool> write(std::string_view text);
    awaitable<bool> write_remaining(std::string_view text);
    awaitable<bool> flush_responses();
    void clear_responses();
    void reset_on_close(bool is_on);
    awaitable<void> refuse(const struct problem& p, const request_reader& r);
    awaitable<void> linger();
    bool is_all_acknowledged();
    void cancel_response() { cancellation_.emit(asio::cancellation_type::total); }
    bool has_client_closed(clock::time_point at);

    tcp_socket socket_;
    const server_options& options_;
    const handler& handle_;
    const bool& draining_;
    asio::cancellation_signal cancellation_;  // of the request that is being answered
    clock::time_point deadline_ = clock::time_point::max();
    clock::time_point lingers_until_ = clock::time_point::max();
    clock::time_point looks_at_client_at_ = clock::time_point::min();
    phase phase_ = phase::idle;
    bool keep_alive_ = true;
    bool resets_on_close_ = false;
    std::string out_;  // responses that are not sent yet
};

}  // namespace confab::http
