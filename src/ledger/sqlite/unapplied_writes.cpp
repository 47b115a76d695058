#include "ledger/sqlite/unapplied_writes.hpp"

#include <chrono>

namespace confab::ledger::sqlite {
namespace {

constexpr std::chrono::seconds wait_max{2};  // several times the longest delay of a commit

}  // namespace

void unapplied_writes::applied(std::uint64_t batch) {
    {
        const std::lock_guard lock(mutex_);
        applied_.store(batch);
    }
    changed_.notify_all();
}

result<void> unapplied_writes::wait() const {
    const auto wanted = last_.load();
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, wait_max, [&] { return applied_.load() >= wanted; })) return error::unavailable;
    return {};
}

}  // namespace confab::ledger::sqlite
