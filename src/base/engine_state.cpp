#include "base/engine_state.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/log.hpp"

namespace confab {
void engine_state::set_fault(std::string reason) {
    const std::lock_guard lock(mutex_);
    if (fault_ == reason) return;
    is_logged_ = log_.warning(reason, fmt::format("{}; {}", reason, consequence_));
    fault_ = std::move(reason);
    has_fault_.store(true, std::memory_order_release);
}

void engine_state::clear() {
    if (!has_fault()) return;
    const std::lock_guard lock(mutex_);
    if (!std::exchange(fault_, std::nullopt)) return;
    has_fault_.store(false, std::memory_order_release);
    if (is_logged_) log::info(fmt::format("{} accepts writes again", engine_));
}

void engine_state::note_refusal(std::string reason) {
    const std::lock_guard lock(mutex_);
    refusal_ = refusal{std::move(reason), std::chrono::steady_clock::now()};
}

std::optional<std::string> engine_state::fault() const {
    const std::lock_guard lock(mutex_);
    if (fault_) return fault_;
    const bool is_recent = refusal_ && std::chrono::steady_clock::now() - refusal_->at < refusal_ttl;
    return is_recent ? std::optional(refusal_->reason) : std::nullopt;
}

}  // namespace confab
