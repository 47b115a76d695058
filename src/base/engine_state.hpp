// Whether an engine of the cluster takes writes, as those found it who watch it: it may become a replica or read-only
// while the program runs.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>

#include "base/log_throttle.hpp"

namespace confab {

// Any thread.
class engine_state {
public:
    // `engine` is its name for people: "Redis".
    explicit engine_state(std::string engine) : engine_(std::move(engine)) {}

    // Why the engine takes no writes, in a sentence that names it. Clients read it too: it holds no address. A change
    // is logged.
    void set_fault(std::string reason);
    void clear();

    // Nothing: it takes writes, as far as is known.
    std::optional<std::string> fault() const;
    // The same question without a lock.
    bool has_fault() const { return has_fault_.load(std::memory_order_acquire); }

private:
    const std::string engine_;
    mutable std::mutex mutex_;
    std::optional<std::string> fault_;
    std::atomic<bool> has_fault_ = false;
    log_throttle log_;
    bool is_logged_ = false;  // the fault that stands
};

}  // namespace confab
