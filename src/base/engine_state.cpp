#include "base/engine_state.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/log.hpp"

namespace confab {
namespace {

std::string shown(const std::string& reason, std::uint64_t left_out) {
    const auto line = fmt::format("{}; writes are refused until that ends", reason);
    return left_out == 0 ? line : fmt::format("{}; {} times more since the last line", line, left_out);
}

}  // namespace

void engine_state::set_fault(std::string reason) {
    const std::lock_guard lock(mutex_);
    if (fault_ == reason) return;
    const auto left_out = log_.admit(reason, log_throttle::clock::now());
    is_logged_ = left_out.has_value();
    if (left_out) log::warning(shown(reason, *left_out));
    fault_ = std::move(reason);
    has_fault_.store(true, std::memory_order_release);
}

void engine_state::clear() {
    if (!has_fault()) return;
    const std::lock_guard lock(mutex_);
    if (!std::exchange(fault_, std::nullopt)) return;
    has_fault_.store(false, std::memory_order_release);
    if (is_logged_) log::info(fmt::format("{} takes writes again", engine_));
}

std::optional<std::string> engine_state::fault() const {
    if (!has_fault()) return std::nullopt;
    const std::lock_guard lock(mutex_);
    return fault_;
}

}  // namespace confab
