#include "base/loop_monitor.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/counted.hpp"

namespace confab {
namespace {

constexpr std::chrono::milliseconds look_every{25};
constexpr std::chrono::milliseconds busy_from{5};  // of processor time between two looks

}  // namespace

loop_monitor::loop_monitor(event_loops& loops)
    : loops_(loops), watches_(loops.size()), cpu_seen_(loops.size()), timer_([this] { look(); }) {
    timer_.arm(look_every);
}

void loop_monitor::look() {
    for (std::size_t i = 0; i < loops_.size(); ++i) {
        const auto now = loops_.sample_at(i);
        if (!now) continue;
        const bool is_long = watches_[i].is_long(*now);
        if (now->cpu - std::exchange(cpu_seen_[i], now->cpu) >= busy_from) {
            watches_[i].expect_turn(*now);
            loops_.begin_turn_at(i);
        }
        if (!is_long) continue;
        const auto count = ++long_turns_;
        log_.warning("long turn",
                     fmt::format("event loop {} was busy with one thing for more than {} ms, and everything else on it "
                                 "waited; {} since the start",
                                 i, turn_watch::turn_max.count(), counted(count, "such turn")));
    }
    timer_.arm(look_every);
}

}  // namespace confab
