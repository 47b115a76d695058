// Logs, at most once a minute, that an event loop was busy with one thing for long, so that all others on it waited;
// and counts how often.
#pragma once

#include <atomic>
#include <vector>

#include "base/event_loops.hpp"
#include "base/log_throttle.hpp"
#include "base/timer_thread.hpp"
#include "base/turn_watch.hpp"

namespace confab {

// 1. Every 25 ms a thread of the monitor reads how many turns each loop has begun and how much processor time its
//    thread has used (turn_watch).
// 2. Connections note their turns (event_loops::note_turn). For turns of others a loop that is busy is given a handler
//    that does nothing else.
// So a turn of up to 150 ms may go unseen, and none of less than 100 ms is counted. Why not the clock before and after
// each handler: the thread's own costs a system call, twice for each request.
class loop_monitor {
public:
    // REQUIRES: the loops are started, and not stopped before this is gone.
    explicit loop_monitor(event_loops& loops);

    std::uint64_t long_turns() const { return long_turns_; }

private:
    void poll();

    event_loops& loops_;
    std::vector<turn_watch> watches_;                 // by loop
    std::vector<std::chrono::nanoseconds> last_cpu_;  // by loop, at the last look
    std::atomic<std::uint64_t> long_turns_ = 0;
    log_throttle log_;
    timer_thread timer_;  // its thread uses all of the above
};

}  // namespace confab
