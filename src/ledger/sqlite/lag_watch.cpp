#include "ledger/sqlite/lag_watch.hpp"

#include <fmt/core.h>

#include <string>

#include "base/error.hpp"
#include "base/log.hpp"

namespace confab::ledger {
namespace {

constexpr std::chrono::milliseconds behind_at_most{250};

file open_log_of(const std::filesystem::path& database) {
    const auto path = database.string() + "-wal";
    auto opened = file::open(path, file::access::write);
    if (!opened) throw startup_error(fmt::format("{} cannot be opened: {}", path, opened.error().message()));
    return std::move(*opened);
}

}  // namespace

lag_watch::lag_watch(const std::filesystem::path& database, std::function<void()> catch_up)
    : catch_up_(std::move(catch_up)), log_(open_log_of(database)), thread_([this] { work(); }) {}

lag_watch::~lag_watch() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void lag_watch::begin() {
    {
        const std::lock_guard lock(mutex_);
        if (due_) return;
        due_ = clock::now() + behind_at_most;
    }
    changed_.notify_all();
}

void lag_watch::caught_up(std::uint64_t batch, bool is_to_be_synced) {
    {
        const std::lock_guard lock(mutex_);
        due_.reset();
        is_to_write_out_ = true;
        if (is_to_be_synced) to_sync_ = batch;
    }
    changed_.notify_all();
}

std::uint64_t lag_watch::on_disk() {
    const std::lock_guard lock(mutex_);
    return on_disk_;
}

bool lag_watch::has_failed() {
    const std::lock_guard lock(mutex_);
    return has_failed_;
}

void lag_watch::work() {
    std::unique_lock lock(mutex_);
    while (!is_ending_) {
        if (to_sync_ > on_disk_ && !has_failed_) {
            sync(lock);
        } else if (is_to_write_out_) {
            write_out(lock);
        } else if (due_ && *due_ <= clock::now()) {
            due_.reset();
            lock.unlock();
            catch_up_();
            lock.lock();
        } else if (due_) {
            changed_.wait_until(lock, *due_);
        } else {
            changed_.wait(lock);
        }
    }
}

// So that a sync finds little left to write, for which the batches' own syncs would wait. What it does not do the sync
// does.
void lag_watch::write_out(std::unique_lock<std::mutex>& lock) {
    is_to_write_out_ = false;
    lock.unlock();
    log_.start_write_back();
    lock.lock();
}

void lag_watch::sync(std::unique_lock<std::mutex>& lock) {
    const auto upto = to_sync_;
    is_to_write_out_ = false;
    lock.unlock();
    const auto synced = log_.sync_data();
    lock.lock();
    if (synced) {
        on_disk_ = upto;
        return;
    }
    has_failed_ = true;
    log::error(fmt::format("SQLite's log cannot be synced: {}", synced.error().message()));
}

}  // namespace confab::ledger
