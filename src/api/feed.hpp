// The live feed as the API uses it: its source, its limits, and how many streams are open.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "core/ids.hpp"
#include "http/problem.hpp"
#include "ledger/readers.hpp"
#include "live/hub.hpp"

namespace confab::api {

// Counts the open streams, in all and per app. A long poll is a stream while it waits. Any thread.
class stream_quota {
public:
    // Released when it is destroyed.
    using permit = std::shared_ptr<void>;

    stream_quota(std::size_t streams_max, std::size_t streams_per_app_max)
        : streams_max_(streams_max), streams_per_app_max_(streams_per_app_max) {}
    stream_quota(const stream_quota&) = delete;
    stream_quota& operator=(const stream_quota&) = delete;

    // Errors: too_many_streams, too_many_streams_of_app. REQUIRES: this outlives the permit.
    http::expected<permit> acquire(const core::app_token& app);

    std::size_t open() const { return open_.load(); }
    // Refused streams since the start.
    std::uint64_t refused() const { return refused_.load(); }
    std::uint64_t refused_of_app() const { return refused_of_app_.load(); }

private:
    void release(const core::app_token& app);

    const std::size_t streams_max_;
    const std::size_t streams_per_app_max_;
    std::atomic<std::size_t> open_ = 0;
    std::atomic<std::uint64_t> refused_ = 0;
    std::atomic<std::uint64_t> refused_of_app_ = 0;
    std::mutex mutex_;
    std::unordered_map<core::app_token, std::size_t> of_app_;
};

struct feed {
    live::hub& hub;
    ledger::readers& readers;  // that wait for the next commit, and never force one
    stream_quota& quota;
    std::size_t buffer_bytes_max;
    std::chrono::seconds ping;
    std::chrono::seconds lifetime;  // of a stream; 0: not limited
};

// The texts of events: {"type":…,"chat":…,"object":…}.
live::event_texts event_texts();

}  // namespace confab::api
