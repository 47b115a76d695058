// Whether an engine of the cluster accepts writes. It may become a replica or read-only while the program runs. The
// code that watches the engine reports it here.
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

    // `engine` is its name in texts, like "Redis". `consequence` follows the reason of a fault in the log.
    explicit engine_state(std::string engine, std::string consequence = "refusing writes")
        : engine_(std::move(engine)), consequence_(std::move(consequence)) {}

    // `reason` is a sentence that names the engine and says why it accepts no writes. Clients see it, so it contains no
    // address. A change is logged.
    void set_fault(std::string reason);
    void clear();

    // The engine has just refused a write for this reason, although it has no fault. `reason` is worded like that of a
    // fault. It is forgotten after `refusal_ttl`, and not logged.
    void note_refusal(std::string reason);

    // The fault, or else the last refusal. Nothing: neither is known, so the engine accepts writes.
    std::optional<std::string> fault() const;
    // Whether there is a fault, without a lock. A refusal does not count: only a new write shows whether it is over.
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
    bool is_logged_ = false;  // the current fault
};

}  // namespace confab
