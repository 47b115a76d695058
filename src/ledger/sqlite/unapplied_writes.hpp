// Tracks the chats whose writes are in the journal but not committed in the database. A read of such a chat has them
// committed first, or waits for the commit. Every other read continues immediately.
//
// The writer marks the chats of a batch before the batch is acknowledged. Chats share marks by hash, so a read
// sometimes waits for a write of another chat. It never misses one.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "base/async.hpp"
#include "base/error.hpp"
#include "base/fibonacci_hash.hpp"
#include "core/ids.hpp"

namespace confab::ledger::sqlite {

// Any thread. Only one thread marks.
class unapplied_writes {
public:
    unapplied_writes();
    unapplied_writes(const unapplied_writes&) = delete;
    unapplied_writes& operator=(const unapplied_writes&) = delete;

    // `batch`: its number in the journal. Returns whether the chat had no unapplied write before, approximately.
    bool mark(core::chat_id chat, std::uint64_t batch) { return mark_of(chat).exchange(batch) <= applied_.load(); }
    // Marks the apps, and the lists of their chats.
    void mark_apps(std::uint64_t batch) { apps_.store(batch); }
    // Call it last, when everything that the batch changes is marked.
    void marked(std::uint64_t batch) { last_.store(batch); }
    // The database has everything up to this batch.
    void applied(std::uint64_t batch);

    bool any() const { return last_.load() > applied_.load(); }
    bool in_apps() const { return apps_.load() > applied_.load(); }
    bool in(core::chat_id chat) const { return marks_[slot_of(chat)].load() > applied_.load(); }

    // Waits until everything marked so far is applied. Does not trigger a commit, and occupies no thread. Errors:
    // unavailable (after two seconds), shutting_down. REQUIRES: one thread runs the caller's executor.
    awaitable<result<void>> wait() const;
    // Ends all calls of wait(), and refuses others that would have to wait.
    void end_waits();

private:
    using batch_number = std::atomic<std::uint64_t>;

    class waiting_calls;
    class registration;

    static std::size_t slot_of(core::chat_id chat) {
        return fibonacci_hash(chat.value()) >> 52;  // to 12 bits
    }
    batch_number& mark_of(core::chat_id chat) { return marks_[slot_of(chat)]; }

    batch_number applied_ = 0;
    batch_number last_ = 0;
    batch_number apps_ = 0;
    std::array<batch_number, 4096> marks_{};
    // Shared with its calls: the coroutine of a call may be destroyed after this, with its event loop.
    const std::shared_ptr<waiting_calls> waiting_;
};

}  // namespace confab::ledger::sqlite
