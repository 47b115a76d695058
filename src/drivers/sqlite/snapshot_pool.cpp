#include "drivers/sqlite/snapshot_pool.hpp"

#include <chrono>

namespace confab::sqlite {
namespace {

constexpr std::chrono::seconds kept_max{1};  // without requests; other programs wait for it

}  // namespace

snapshot_registry::snapshot_registry()
    : timer_([this] {
          is_any_kept_ = false;  // before the release: a snapshot that is kept from here on sets it again
          release_idle();
      }) {}

bool snapshot_registry::may_keep(std::uint64_t commits) {
    if (is_paused_ || commits != this->commits()) return false;
    if (!is_any_kept_) {
        is_any_kept_ = true;
        timer_.arm(kept_max);
    }
    return true;
}

void snapshot_registry::release_idle() {
    const std::lock_guard lock(pools_mutex_);
    for (auto* const p : pools_) p->release_idle();
}

snapshot_registry::pause::pause(snapshot_registry& all) : all_(all) {
    all_.is_paused_ = true;
    all_.release_idle();
}

snapshot_registry::pause::~pause() {
    all_.committed();  // a snapshot that began during the pause may keep the WAL from restarting: it is not kept later
    all_.is_paused_ = false;
}

void snapshot_registry::add(pool& p) {
    const std::lock_guard lock(pools_mutex_);
    pools_.push_back(&p);
}

void snapshot_registry::remove(pool& p) {
    const std::lock_guard lock(pools_mutex_);
    std::erase(pools_, &p);
}

void kept_snapshot::refresh(const snapshot_registry& all) {
    const auto commits = all.commits();  // before it begins: it may also see what is committed from here on
    if (is_open() && commits_ == commits) return;
    release();
    transaction_.emplace(db_, transaction::kind::read);
    commits_ = commits;
}

void kept_snapshot::release() {
    try {
        if (is_open()) transaction_->commit();
    } catch (const failure&) {
        // Ignored: the reset rolls it back.
    }
    transaction_.reset();
}

}  // namespace confab::sqlite
