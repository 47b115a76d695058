// The index follower: indexes in the background what was committed to the ledger. It works with any ledger and any
// index.
#pragma once

#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/async.hpp"
#include "base/back_off.hpp"
#include "base/log_throttle.hpp"
#include "core/batch_effects.hpp"
#include "ledger/index_progress.hpp"
#include "ledger/index_source.hpp"
#include "search/indexed/index.hpp"
#include "search/indexed/stop_signal.hpp"

namespace confab::search {

struct follower_options {
    // A chat is indexed when it has this many unindexed messages. Until then, searches scan them. Shorter chats are
    // never indexed.
    std::uint64_t after_messages;
    std::chrono::milliseconds pause;  // between two indexing passes
    // Chats that other writers changed and did not index in time. Null: this process is the only writer.
    ledger::index_notes* notes = nullptr;
    // The reason of a failed ledger call, for the log. Null: the log has only the error.
    std::function<std::string()> ledger_failure = nullptr;
};

// For after_messages: index no new messages, only changes. That includes changes of messages above the index's
// position, since an interrupted store may have written them.
inline constexpr std::uint64_t changes_only = std::numeric_limits<std::uint64_t>::max();

class index_follower {
public:
    // All work runs on `home`, a thread of its own.
    index_follower(ledger::index_source& ledger, index& index, index_writer& into, follower_options options,
                   asio::any_io_executor home);
    // The same, as part of another task, whose signal stops it.
    index_follower(ledger::index_source& ledger, index& index, index_writer& into, follower_options options,
                   stop_signal signal);

    // Clears an index that is ahead of the ledger: the ledger was restored to an earlier state, and its next writes
    // will differ. Errors: unavailable. REQUIRES: the ledger has not been written to or searched yet.
    awaitable<result<void>> begin();

    // Indexes everything that is due in all chats after this one, in the order of their ids. Calls `on_chat_done` after
    // each chat. Errors: unavailable, shutting_down (stop() was called).
    awaitable<result<void>> catch_up(core::chat_id after = {}, std::function<void(core::chat_id)> on_chat_done = {});
    // Indexes everything that is due in this chat. Errors: unavailable, not_found (no such chat).
    awaitable<result<void>> catch_up_with(core::chat_id chat);

    // Indexes what is committed, until stop(). May be called once.
    awaitable<void> run();
    // The pauses after failed passes in a row. Once the cause is gone, a deleted text stays in the index for at most
    // the longest of them.
    static back_off retry_pause();

    // Takes the effects of a commit. Any thread; does not block.
    void committed(const core::batch_effects& effects);
    // Any thread. run(), catch_up() and catch_up_with() return within one store.
    void stop() { stop_.stop(); }

private:
    awaitable<result<void>> index_noted_chats();
    awaitable<result<void>> index_stale_notes();
    // Indexes new messages of a long chat only if there are at least `min_new_messages`.
    awaitable<result<void>> index_chat(core::chat_id chat, std::uint64_t min_new_messages);
    awaitable<result<void>> complete(const core::chat_position& head, core::position at);
    awaitable<result<void>> store_next_part(const core::chat_position& head, core::position from,
                                            std::uint64_t min_new_messages);
    bool indexes_changes_only() const { return options_.after_messages == changes_only; }
    bool is_due(const core::chat_position& head, core::position at, std::uint64_t min_new_messages) const;
    bool is_long(const core::chat_position& head, core::position at, std::uint64_t min_new_messages) const;

    void log_failure(boost::system::error_code cause);
    awaitable<void> wait_for_notes(std::chrono::milliseconds longest);
    std::vector<core::chat_id> drain_noted();
    void expect_next(core::chat_id chat, core::position at);

    ledger::index_source& ledger_;
    index& index_;
    index_writer& into_;
    const follower_options options_;
    stop_signal stop_;
    log_throttle log_;

    std::mutex mutex_;  // guards the members below
    std::unordered_set<core::chat_id> noted_;
    std::unordered_map<core::chat_id, std::uint64_t> due_at_;  // an indexed chat is noted from this message on
    bool is_sleeping_ = false;
};

}  // namespace confab::search
