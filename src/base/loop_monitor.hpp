// Counts the long turns of event loops, and logs them at most once a minute. During a long turn all other handlers of
// the loop wait.
#pragma once

#include <atomic>
#include <vector>

#include "base/event_loops.hpp"
#include "base/log_throttle.hpp"
#include "base/timer_thread.hpp"
#include "base/turn_watch.hpp"

namespace confab {

// 1. Every 25 ms the monitor's thread samples each loop: its turns so far, and the processor time of its thread
//    (turn_watch).
// 2. Connections note their turns (event_loops::note_turn). Other handlers do not, so a busy loop also gets a handler
//    that only notes a turn.
// A turn of up to 150 ms may be missed. A turn of less than 100 ms is never counted. Why not read the thread's clock
// before and after each handler: that is a system call, twice per request.
class loop_monitor {
public:
    // REQUIRES: the loops are started, and not stopped before this is destroyed.
    explicit loop_monitor(event_loops& loops);

    std::uint64_t long_turns() const { return long_turns_; }

private:
    void poll();

    event_loops& loops_;
    std::vector<turn_watch> watches_;                 // by loop
    std::vector<std::chrono::nanoseconds> last_cpu_;  // by loop, at the last poll
    std::atomic<std::uint64_t> long_turns_ = 0;
    log_throttle log_;
    timer_thread timer_;  // its thread uses all of the above
};

}  // namespace confab
