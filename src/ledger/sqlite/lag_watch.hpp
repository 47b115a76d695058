// A thread that sees to it that the database does not stay behind the journal for long when nobody asks, and that what
// it committed gets onto the disk, so that the journal can recycle its segments.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "base/file.hpp"

namespace confab::ledger {

// For one caller, but where it says otherwise.
class lag_watch {
public:
    // `catch_up` is called on the thread. Throws startup_error when SQLite's log of `database` cannot be opened.
    lag_watch(const std::filesystem::path& database, std::function<void()> catch_up);
    ~lag_watch();
    lag_watch(const lag_watch&) = delete;
    lag_watch& operator=(const lag_watch&) = delete;

    // The database has just fallen behind: it is to catch up within a moment.
    void begin();
    // It has caught up to this batch, in SQLite's log, which is then to get onto the disk: by and by, or for certain
    // and soon. Any thread.
    void caught_up(std::uint64_t batch, bool is_to_be_synced);

    // Up to this batch SQLite's log is on disk. Any thread.
    std::uint64_t on_disk();
    // Whether a sync of it failed: what it held may be lost then. Any thread.
    bool has_failed();

private:
    using clock = std::chrono::steady_clock;

    void work();
    void write_out(std::unique_lock<std::mutex>& lock);
    void sync(std::unique_lock<std::mutex>& lock);

    const std::function<void()> catch_up_;
    const file log_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<clock::time_point> due_;
    std::uint64_t to_sync_ = 0;
    std::uint64_t on_disk_ = 0;
    bool is_to_write_out_ = false;
    bool has_failed_ = false;
    bool is_ending_ = false;
    std::thread thread_;
};

}  // namespace confab::ledger
