// The progress of a long command: a line every few seconds with the work done, the rate and the estimated time left.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace confab::ops {

class progress {
public:
    using clock = std::chrono::steady_clock;

    struct options {
        std::chrono::seconds every{10};
        std::function<clock::time_point()> now = clock::now;
        std::function<void(const std::string& line)> print;
    };

    progress() = default;  // prints nothing
    explicit progress(options o) : options_(std::move(o)) {}

    // `what` names the counted items. `total` is their approximate number, `done` the number that an earlier run did.
    void begin(std::string what, std::uint64_t total, std::uint64_t done = 0);
    void add(std::uint64_t count);

private:
    std::string line(clock::duration took) const;

    options options_;
    std::string what_;
    std::uint64_t done_ = 0, total_ = 0;
    std::uint64_t done_before_ = 0;  // the rate does not count them
    clock::time_point begun_, next_line_;
};

}  // namespace confab::ops
