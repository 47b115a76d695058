// An open loop on one thread.
// 1. Request i is due at begin + i / rate, however those before it fare: a server that stalls is still sent the rest.
// 2. Who is due and finds every connection busy waits in line, and that counts.
// 3. Its latency runs from when it was due to when its answer is whole. If this program was late itself, because it did
// not get
//    a processor, that counts too; `lateness` tells how much it was.
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
    double seconds = 10;  // 0: until told
};

struct outcome {
    double seconds = 0;          // counted
    std::uint64_t answered = 0;  // of those counted, as expected
    std::uint64_t other_answers = 0;
    std::uint64_t unanswered = 0;
    std::uint64_t waited_for_a_connection = 0;
    std::string first_other;  // answer
    latencies latency;
    latencies lateness;  // from when a request was due to when this program came to see it
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
