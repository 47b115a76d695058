// Whether an engine of the cluster takes writes, as those found it who watch it: it may become a replica or read-only
// while the program runs.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "base/log_throttle.hpp"

namespace confab {

// Any thread.
class engine_state {
public:
    static constexpr std::chrono::seconds refusal_ttl{2};

    // `engine` is its name for people: "Redis". `consequence` follows the reason of a fault in the log.
    explicit engine_state(std::string engine, std::string consequence = "writes are refused until that ends")
        : engine_(std::move(engine)), consequence_(std::move(consequence)) {}

    // Why the engine takes no writes, in a sentence that names it. Clients read it too: it holds no address. A change
    // is logged.
    void set_fault(std::string reason);
    void clear();

    // The engine has just refused a write for this reason, though no fault stands: worded as a fault, and forgotten
    // after `refusal_ttl`. Logs nothing.
    void note_refusal(std::string reason);

    // The fault, or else the last refusal. Nothing: it takes writes, as far as is known.
    std::optional<std::string> fault() const;
    // Whether a fault stands, without a lock. Refusals are none: who is to learn that they ended has to try.
    bool has_fault() const { return has_fault_.load(std::memory_order_acquire); }

private:
    struct refusal {
        std::string reason;
        std::chrono::steady_clock::time_point at;
    };

    const std::string engine_, consequence_;
    mutable std::mutex mutex_;
    std::optional<std::string> fault_;
    std::optional<refusal> refusal_;
    std::atomic<bool> has_fault_ = false;
    log_throttle log_;
    bool is_logged_ = false;  // the fault that stands
};

}  // namespace confab
