#include "open_loop/latencies.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace confab::bench {

// The smallest latency that this percentage of all does not exceed.
double latencies::us_at(double percentile) {
    if (ns_.empty()) return 0;
    if (!is_sorted_) std::ranges::sort(ns_);
    is_sorted_ = true;
    const auto rank = std::ceil(percentile / 100 * static_cast<double>(ns_.size()));
    const auto at = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
    return static_cast<double>(ns_[std::min(at, ns_.size() - 1)]) / 1000;
}

std::string latencies::summary() {
    return fmt::format(R"({{"p50":{:.1f},"p90":{:.1f},"p99":{:.1f},"p99_9":{:.1f},"max":{:.1f}}})", us_at(50),
                       us_at(90), us_at(99), us_at(99.9), us_at(100));
}

std::vector<std::string> latencies::curve() {
    std::vector<std::string> points;
    // The steps shrink with the share above: as many points for 99–99.9 as for 0–90.
    double above = 100;
    while (above > 0.005 && above * static_cast<double>(ns_.size()) >= 100) {
        points.push_back(fmt::format("[{:.4f},{:.1f}]", 100 - above, us_at(100 - above)));
        above *= 0.7;
    }
    return points;
}

}  // namespace confab::bench
