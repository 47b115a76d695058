#include "base/loop_monitor.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/counted.hpp"

namespace confab {
namespace {

constexpr std::chrono::milliseconds poll_interval{25};
constexpr std::chrono::milliseconds busy_cpu_min{5};  // of processor time between two polls

}  // namespace

loop_monitor::loop_monitor(event_loops& loops)
    : loops_(loops), watches_(loops.size()), last_cpu_(loops.size()), timer_([this] { poll(); }) {
    timer_.arm(poll_interval);
}

void loop_monitor::poll() {
    for (std::size_t i = 0; i < loops_.size(); ++i) {
        const auto now = loops_.sample_at(i);
        if (!now) continue;
        const bool is_long = watches_[i].is_long(*now);
        if (now->cpu - std::exchange(last_cpu_[i], now->cpu) >= busy_cpu_min) {
            watches_[i].expect_turn(*now);
            loops_.begin_turn_at(i);
        }
        if (!is_long) continue;
        const auto count = ++long_turns_;
        log_.warning("long turn",
                     fmt::format("one task blocked event loop {} for more than {} ms; {} on all loops since the start",
                                 i, turn_watch::turn_max.count(), counted(count, "such task")));
    }
    timer_.arm(poll_interval);
}

}  // namespace confab
