#include "base/log_throttle.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/log.hpp"

namespace confab {
namespace {

std::string with_count(std::string_view line, std::uint64_t suppressed) {
    return suppressed == 0 ? std::string(line) : fmt::format("{}; {} more since the last line", line, suppressed);
}

}  // namespace

bool log_throttle::warning(std::string_view key, std::string_view line) {
    const auto suppressed = admit(key, clock::now());
    if (suppressed) log::warning(with_count(line, *suppressed));
    return suppressed.has_value();
}

bool log_throttle::error(std::string_view key, std::string_view line) {
    const auto suppressed = admit(key, clock::now());
    if (suppressed) log::error(with_count(line, *suppressed));
    return suppressed.has_value();
}

std::optional<std::uint64_t> log_throttle::admit(std::string_view key, clock::time_point now) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
        if (entries_.size() == keys_max) evict_oldest();
        entries_.emplace(key, entry{now});
        return 0;
    }
    auto& known = found->second;
    if (now - known.minute_begun_at >= pause) return std::exchange(known, entry{now}).suppressed;
    if (known.logged < lines_max_) {
        known.logged += 1;
        return 0;
    }
    known.suppressed += 1;
    return std::nullopt;
}

void log_throttle::evict_oldest() {
    const auto by_time = [](const auto& a, const auto& b) {
        return a.second.minute_begun_at < b.second.minute_begun_at;
    };
    entries_.erase(std::ranges::min_element(entries_, by_time));
}

}  // namespace confab
