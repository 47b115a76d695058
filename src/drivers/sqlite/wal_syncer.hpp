// Gets the WAL onto the disk beside the commits, which are not synced themselves (sync_level::normal): one thread, one
// descriptor.
//
// 1. After each commit it asks the system to begin writing, so that a sync finds little left to do: syncs of other
//    files wait for it.
// 2. It syncs after the next commit when it is asked to.
// 3. After a failed sync it never tries again: the kernel may have dropped the pages it could not write, and report the
//    next sync as fine.
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
    // Throws startup_error: the WAL of `database` cannot be opened. REQUIRES: it exists for as long as this lives.
    explicit wal_syncer(const std::filesystem::path& database);
    ~wal_syncer();
    wal_syncer(const wal_syncer&) = delete;
    wal_syncer& operator=(const wal_syncer&) = delete;

    // The WAL is to be synced after the next commit.
    void request();
    // The WAL has everything up to this number, which the caller counts up.
    void committed(std::uint64_t number);

    // Up to this number the WAL is on disk.
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
