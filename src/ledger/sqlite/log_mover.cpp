#include "ledger/sqlite/log_mover.hpp"

#include <utility>

namespace confab::ledger {
namespace {

// A connection knows of the log once it has read something.
sqlite::connection open_beside_log(const std::string& database) {
    sqlite::connection db(database, sqlite::access::read_write);
    db.execute("pragma synchronous = full; pragma schema_version");
    return db;
}

}  // namespace

log_mover::log_mover(const std::string& database) : db_(open_beside_log(database)), thread_([this] { work(); }) {}

log_mover::~log_mover() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void log_mover::begin() {
    {
        const std::lock_guard lock(mutex_);
        is_wanted_ = true;
    }
    changed_.notify_all();
}

bool log_mover::is_under_way() {
    const std::lock_guard lock(mutex_);
    return is_wanted_;
}

void log_mover::settle() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !is_wanted_; });
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void log_mover::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return is_wanted_ || is_ending_; });
        if (is_ending_) return;
        lock.unlock();
        std::exception_ptr failure;
        try {
            db_.checkpoint(sqlite::connection::checkpoint_kind::passive);
        } catch (const sqlite::failure&) {
            failure = std::current_exception();
        }
        lock.lock();
        failure_ = failure;
        is_wanted_ = false;
        changed_.notify_all();
    }
}

}  // namespace confab::ledger
