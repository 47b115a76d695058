// Counts the stalls of event loops, and logs them at most once a minute. During a stall all other handlers of
// the loop wait.
#pragma once

#include <atomic>
#include <vector>

#include "base/event_loops.hpp"
#include "base/log_throttle.hpp"
#include "base/stall_detector.hpp"
#include "base/timer_thread.hpp"

namespace confab {

// 1. Every 25 ms the monitor's thread samples each loop: its handlers so far, and the processor time of its thread
//    (stall_detector).
// 2. Connections count their handlers (event_loops::count_handler). Others do not, so a busy loop also gets a handler
//    that only counts itself.
// A stall of up to 150 ms may be missed. Less than 100 ms is never counted. Why not read the thread's clock
// before and after each handler: that is a system call, twice per request.
class loop_monitor {
public:
    // REQUIRES: the loops are started, and not stopped before this is destroyed.
    explicit loop_monitor(event_loops& loops);

    std::uint64_t stalls() const { return stalls_; }

private:
    void poll();

    event_loops& loops_;
    std::vector<stall_detector> detectors_;           // by loop
    std::vector<std::chrono::nanoseconds> last_cpu_;  // by loop, at the last poll
    std::atomic<std::uint64_t> stalls_ = 0;
    log_throttle log_;
    timer_thread timer_;  // its thread uses all of the above
};

}  // namespace confab
