#include "drivers/sqlite/wal_syncer.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"

namespace confab::sqlite {
namespace {

file open_wal_of(const std::filesystem::path& database) {
    const auto path = database.string() + "-wal";
    auto opened = file::open(path, file::access::write);
    if (!opened) throw startup_error(fmt::format("{} cannot be opened: {}", path, opened.error().message()));
    return std::move(*opened);
}

}  // namespace

wal_syncer::wal_syncer(const std::filesystem::path& database)
    : wal_(open_wal_of(database)), thread_([this] { run(); }) {}

wal_syncer::~wal_syncer() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void wal_syncer::request() {
    const std::lock_guard lock(mutex_);
    is_requested_ = true;
}

void wal_syncer::committed(std::uint64_t number) {
    {
        const std::lock_guard lock(mutex_);
        needs_write_back_ = true;
        if (std::exchange(is_requested_, false)) sync_target_ = number;
    }
    changed_.notify_all();
}

std::uint64_t wal_syncer::synced() {
    const std::lock_guard lock(mutex_);
    return synced_;
}

bool wal_syncer::has_failed() {
    const std::lock_guard lock(mutex_);
    return has_failed_;
}

void wal_syncer::run() {
    std::unique_lock lock(mutex_);
    while (!is_ending_) {
        if (sync_target_ > synced_ && !has_failed_) {
            sync(lock);
        } else if (needs_write_back_) {
            write_back(lock);
        } else {
            changed_.wait(lock);
        }
    }
}

void wal_syncer::write_back(std::unique_lock<std::mutex>& lock) {
    needs_write_back_ = false;
    lock.unlock();
    wal_.start_write_back();
    lock.lock();
}

void wal_syncer::sync(std::unique_lock<std::mutex>& lock) {
    const auto upto = sync_target_;
    needs_write_back_ = false;
    lock.unlock();
    const auto done = wal_.sync_data();
    lock.lock();
    if (done) {
        synced_ = upto;
        return;
    }
    has_failed_ = true;
    log::error(fmt::format("SQLite's WAL cannot be synced: {}", done.error().message()));
}

}  // namespace confab::sqlite
