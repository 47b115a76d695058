// Keeps every latency. A run has some hundred thousand, and buckets would blur the slowest.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace confab::bench {

class latencies {
public:
    void add(std::chrono::nanoseconds took) { ns_.push_back(took.count()); }

    // {"p50":…,"p90":…,"p99":…,"p99_9":…,"max":…} in µs.
    std::string summary();
    // Pairs [percentile, µs], denser towards 100.
    std::vector<std::string> curve();

private:
    double us_at(double percentile);

    std::vector<std::int64_t> ns_;
    bool is_sorted_ = false;
};

}  // namespace confab::bench
