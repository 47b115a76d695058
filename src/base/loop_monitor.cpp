#include "base/loop_monitor.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/counted.hpp"
#include "base/require.hpp"

namespace confab {
namespace {

constexpr std::chrono::milliseconds poll_interval{25};
constexpr std::chrono::milliseconds busy_cpu_min{5};  // of processor time between two polls

}  // namespace

loop_monitor::loop_monitor(event_loops& loops)
    : loops_(loops), detectors_(loops.size()), last_cpu_(loops.size()), timer_([this] { poll(); }) {
    require(loops_.is_running(), "only loops that run are monitored");
    timer_.arm(poll_interval);
}

void loop_monitor::poll() {
    for (std::size_t i = 0; i < loops_.size(); ++i) {
        const auto now = loops_.sample_at(i);
        if (!now) continue;
        const bool is_stalled = detectors_[i].is_stalled(*now);
        if (now->cpu - std::exchange(last_cpu_[i], now->cpu) >= busy_cpu_min) {
            detectors_[i].expect_handler(*now);
            loops_.queue_handler_at(i);
        }
        if (!is_stalled) continue;
        const auto count = ++stalls_;
        log_.warning("stall",
                     fmt::format("one task blocked event loop {} for more than {} ms; {} on all loops since the start",
                                 i, stall_detector::stall_min.count(), counted(count, "such task")));
    }
    timer_.arm(poll_interval);
}

}  // namespace confab
