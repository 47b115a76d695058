// How far the database is behind the journal, so that a read waits for the rest only when that concerns what it reads.
//
// The writer marks what a batch touches before anybody is told of it; a read looks first and lets the writer catch up
// if it must, then reads. Chats share marks by hash, so now and then a read waits for another chat's batch: needlessly,
// never the other way round.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>

#include "base/error.hpp"
#include "core/effect.hpp"

namespace confab::ledger {

// Any thread, but for one that marks.
class lag {
public:
    // `batch`: its number in the journal. How many chats it touches that nothing touched since the database had
    // everything, about.
    std::size_t mark(std::span<const core::effect> effects, std::uint64_t batch);
    // The database has everything up to this batch.
    void caught_up(std::uint64_t batch);

    bool is_behind() const { return last_.load() > reached_.load(); }
    // Whether an app's own row, or the list of all apps or of an app's chats, may be behind.
    bool is_behind_in_apps() const { return apps_.load() > reached_.load(); }
    bool is_behind_in(core::chat_id chat) const { return mark_of(chat).load() > reached_.load(); }

    // Waits until the database has all of that of its own accord, for those who have time. Errors: unavailable (it does
    // not).
    result<void> wait() const;

    // What brings the database up to the journal; set once, before anybody reads. It may be called on any thread, and
    // may wait for the disk. Errors: unavailable.
    std::function<result<void>()> catch_up;

private:
    using batch_number = std::atomic<std::uint64_t>;

    static std::size_t place_of(core::chat_id chat) {
        return (chat.value() * 0x9e3779b97f4a7c15ULL) >> 52;  // Fibonacci hashing, to 12 bits
    }
    bool mark(core::chat_id chat, std::uint64_t batch);
    const batch_number& mark_of(core::chat_id chat) const { return chats_[place_of(chat)]; }

    batch_number reached_ = 0;
    batch_number last_ = 0;
    batch_number apps_ = 0;
    std::array<batch_number, 4096> chats_{};
    mutable std::mutex mutex_;  // of those who wait
    mutable std::condition_variable changed_;
};

}  // namespace confab::ledger
