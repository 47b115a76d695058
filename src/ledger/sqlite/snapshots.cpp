#include "ledger/sqlite/snapshots.hpp"

#include <chrono>

namespace confab::ledger {
namespace {

constexpr std::chrono::seconds unused_max{1};  // how long a snapshot may be kept without another look at it

}  // namespace

snapshots::snapshots() : thread_([this] { let_go_of_the_unused(); }) {}

snapshots::~snapshots() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

bool snapshots::may_keep(std::uint64_t commits) {
    if (is_paused_ || commits != this->commits()) return false;
    if (!is_any_kept_) wake();
    return true;
}

void snapshots::wake() {
    {
        const std::lock_guard lock(mutex_);
        is_any_kept_ = true;
    }
    changed_.notify_all();
}

void snapshots::let_go() {
    const std::lock_guard lock(keepers_mutex_);
    for (auto* const k : keepers_) k->let_go();
}

snapshots::pause::pause(snapshots& all) : all_(all) {
    all_.is_paused_ = true;
    all_.let_go();
}

snapshots::pause::~pause() {
    all_.committed();  // what began meanwhile may hold back the log's start: it is not to be kept later either
    all_.is_paused_ = false;
}

void snapshots::enter(keeper& k) {
    const std::lock_guard lock(keepers_mutex_);
    keepers_.push_back(&k);
}

void snapshots::leave(keeper& k) {
    const std::lock_guard lock(keepers_mutex_);
    std::erase(keepers_, &k);
}

void snapshots::let_go_of_the_unused() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return is_any_kept_ || is_ending_; });
        if (changed_.wait_for(lock, unused_max, [this] { return is_ending_; })) return;
        is_any_kept_ = false;  // first: whoever keeps one from here on says so
        lock.unlock();
        let_go();
        lock.lock();
    }
}

}  // namespace confab::ledger
