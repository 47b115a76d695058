// Why the last request to an engine failed, as a text for people. The caller has just seen the failure, so an older
// note is not its reason.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>

namespace confab {

// Any thread.
class recent_failure {
public:
    static constexpr std::chrono::seconds recent_for{2};

    void set(std::string why) {
        const std::lock_guard lock(mutex_);
        why_ = std::move(why);
        set_at_ = std::chrono::steady_clock::now();
        is_set_ = true;
    }
    void clear() {
        if (!is_set_) return;
        const std::lock_guard lock(mutex_);
        why_.clear();
        is_set_ = false;
    }
    // Empty: no note, or it is older than `recent_for`.
    std::string get() const {
        const std::lock_guard lock(mutex_);
        return std::chrono::steady_clock::now() - set_at_ < recent_for ? why_ : std::string();
    }

private:
    mutable std::mutex mutex_;
    std::string why_;
    std::chrono::steady_clock::time_point set_at_;
    std::atomic<bool> is_set_ = false;
};

}  // namespace confab
