#include "drivers/sqlite/checkpointer.hpp"

#include <utility>

#include "base/require.hpp"

namespace confab::sqlite {
namespace {

// A connection checkpoints the WAL only after it has read the database once.
connection open_for_checkpoints(const std::string& database) {
    connection db(database, access::read_write);
    db.execute("pragma synchronous = full; pragma schema_version");
    return db;
}

}  // namespace

checkpointer::checkpointer(const std::string& database, checkpoint_limits limits)
    : schedule_(limits), db_(open_for_checkpoints(database)), thread_([this] { run(); }) {}

checkpointer::~checkpointer() {
    {
        const std::lock_guard lock(mutex_);
        state_ = state::stopping;
    }
    changed_.notify_all();
    thread_.join();
}

void checkpointer::wait_if_long() {
    if (schedule_.is_long()) wait();
}

void checkpointer::wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return state_ != state::running; });
}

checkpointer::step checkpointer::next(int wal_pages) {
    schedule_.observe(wal_pages);
    const std::lock_guard lock(mutex_);
    if (state_ == state::running) return step::none;
    if (state_ == state::idle) return schedule_.is_due() ? step::start : step::none;
    state_ = state::idle;
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return step::finish;
}

void checkpointer::start() {
    {
        const std::lock_guard lock(mutex_);
        require(state_ == state::idle, "one background checkpoint runs at a time");
        require(schedule_.is_due(), "a checkpoint is started when it is due");
        state_ = state::running;
    }
    changed_.notify_all();
}

bool checkpointer::finish(connection& db) {
    {
        const std::lock_guard lock(mutex_);
        require(state_ == state::idle, "a checkpoint is finished after its background part");
    }
    require(!db.in_transaction(), "the writer checkpoints between two transactions");
    const bool is_complete = db.checkpoint(schedule_.kind());
    schedule_.checkpointed();
    return is_complete;
}

void checkpointer::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return state_ == state::running || state_ == state::stopping; });
        if (state_ == state::stopping) return;
        lock.unlock();
        std::exception_ptr failed;
        try {
            db_.checkpoint(connection::checkpoint_kind::passive);
        } catch (const failure&) {
            failed = std::current_exception();
        }
        lock.lock();
        if (state_ == state::stopping) return;
        failure_ = failed;
        state_ = state::ended;
        changed_.notify_all();
    }
}

}  // namespace confab::sqlite
