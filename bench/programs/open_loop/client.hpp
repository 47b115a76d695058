// An open loop on one thread.
// 1. Request i is due at begin + i / rate, independent of earlier requests. So a stalled server still gets the rest.
// 2. A due request waits in a queue while every connection is busy. The wait counts.
// 3. The latency is the time from the due time to the complete answer. It includes a delay of this program itself, for
//    example without a free core; `lateness` reports that delay.
#pragma once

#include <csignal>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "open_loop/connection.hpp"
#include "open_loop/latencies.hpp"

namespace confab::bench {

struct plan {
    double rate = 0;  // requests/s
    std::size_t connections = 256;
    double warm_up_s = 1;
    double seconds = 10;  // 0: until a stop is requested
};

struct outcome {
    double seconds = 0;          // counted
    std::uint64_t answered = 0;  // counted requests with the expected answer
    std::uint64_t other_answers = 0;
    std::uint64_t unanswered = 0;
    std::uint64_t waited_for_a_connection = 0;
    std::string first_unexpected_answer;
    latencies latency;
    latencies lateness;  // from the due time of a request to when this program noticed it
};

class client {
public:
    // Sends these requests in turn.
    client(std::uint16_t port, std::vector<std::string> requests, const plan& how);
    ~client();

    outcome run(const volatile std::sig_atomic_t& stop_requested);

private:
    void enqueue_due(clock::time_point now);
    void send_waiting();
    void wait(clock::duration longest);
    void receive(connection& from);
    clock::time_point due_at(std::uint64_t request) const;
    bool is_over(clock::time_point now, const volatile std::sig_atomic_t& stop_requested);
    std::size_t in_flight() const { return connections_.size() - idle_.size(); }

    const std::vector<std::string> requests_;
    const plan plan_;
    std::vector<std::unique_ptr<connection>> connections_;
    std::deque<connection*> idle_;
    std::deque<due> waiting_;
    int events_;
    clock::time_point begin_;
    clock::time_point counted_from_;
    clock::time_point end_ = clock::time_point::max();
    std::uint64_t enqueued_ = 0;
    std::uint64_t sent_ = 0;
    outcome done_;
};

}  // namespace confab::bench
