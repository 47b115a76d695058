// Logs a repeated failure immediately, then at most `lines_max` times a minute with the number of suppressed lines.
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
    static constexpr std::size_t keys_max = 32;  // beyond it the key that was logged longest ago is evicted

    log_throttle() = default;
    // `lines_max` is per key and minute.
    explicit log_throttle(std::uint64_t lines_max) : lines_max_(lines_max) {}

    // Logs the line unless `lines_max` lines with the same key were logged within the last minute. Returns whether it
    // did. The key names the failure without its variable parts (numbers, ids).
    bool warning(std::string_view key, std::string_view line);
    bool error(std::string_view key, std::string_view line);

    // The number of lines with this key that were suppressed since the last logged one. Nothing: this line is
    // suppressed, too.
    std::optional<std::uint64_t> admit(std::string_view key, clock::time_point now);

private:
    struct entry {
        clock::time_point minute_begun_at;
        std::uint64_t logged = 1;
        std::uint64_t suppressed = 0;
    };

    void evict_oldest();

    const std::uint64_t lines_max_ = 1;
    std::mutex mutex_;
    std::map<std::string, entry, std::less<>> entries_;
};

}  // namespace confab
