// Logs a repeated failure at once, then at most so many times a minute (once, unless more are asked for), with how
// often it came in between.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace confab {

// Any thread.
class log_throttle {
public:
    using clock = std::chrono::steady_clock;
    static constexpr std::chrono::seconds pause{60};
    static constexpr std::size_t keys_max = 32;  // the one that was logged the longest ago is forgotten then

    // `lines_max`: of each key in a minute.
    explicit log_throttle(std::uint64_t lines_max = 1) : lines_max_(lines_max) {}

    // Logs the line, unless enough with the same key were logged within the last minute; whether it did. The key names
    // the failure without what changes from time to time (numbers, ids).
    bool warning(std::string_view key, std::string_view line);
    bool error(std::string_view key, std::string_view line);

    // How many with this key were left out since the last that was logged; nothing: this one is left out too.
    std::optional<std::uint64_t> admit(std::string_view key, clock::time_point now);

private:
    struct entry {
        clock::time_point minute_begun_at;
        std::uint64_t logged = 1;
        std::uint64_t suppressed = 0;
    };

    void evict_oldest();

    const std::uint64_t lines_max_;
    std::mutex mutex_;
    std::map<std::string, entry, std::less<>> entries_;
};

}  // namespace confab
