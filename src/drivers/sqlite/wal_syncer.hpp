// Syncs the WAL in the background, with one thread and one file descriptor. The commits themselves are not synced
// (sync_level::normal).
//
// 1. After each commit it asks the kernel to start writing. So a sync finds little left to write, and syncs of other
//    files (the journal) do not wait long for it.
// 2. If requested, it syncs after the next commit.
// 3. After a failed sync it never tries again: the kernel may have dropped the pages that it could not write, and may
//    report the next sync as successful.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/file.hpp"

namespace confab::sqlite {

// Any thread.
class wal_syncer {
public:
    // Throws startup_error: the WAL of `database` cannot be opened. REQUIRES: SQLite does not delete the WAL while this
    // lives.
    explicit wal_syncer(const std::filesystem::path& database);
    // Does not sync, even if that was requested.
    ~wal_syncer();
    wal_syncer(const wal_syncer&) = delete;
    wal_syncer& operator=(const wal_syncer&) = delete;

    // Requests a sync after the next commit.
    void request();
    // Call it after each commit: the WAL has everything up to this number. Numbers ascend.
    void committed(std::uint64_t number);

    // The number up to which the WAL is synced; 0: not synced yet.
    std::uint64_t synced();
    bool has_failed();

private:
    void run();
    void write_back(std::unique_lock<std::mutex>& lock);
    void sync(std::unique_lock<std::mutex>& lock);

    const file wal_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_requested_ = false;
    std::uint64_t sync_target_ = 0;
    std::uint64_t synced_ = 0;
    bool needs_write_back_ = false;
    bool has_failed_ = false;
    bool is_ending_ = false;
    std::thread thread_;
};

}  // namespace confab::sqlite
