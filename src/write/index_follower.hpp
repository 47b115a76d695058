// The index follower: brings the search index after the ledger, in the background. The same wherever the two are kept.
#pragma once

#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/async.hpp"
#include "base/log_throttle.hpp"
#include "core/effect.hpp"
#include "ledger/index_progress.hpp"
#include "ledger/ledger.hpp"
#include "search/indexed/index.hpp"
#include "write/stop_signal.hpp"

namespace confab::write {

struct follower_options {
    // So many messages of a chat wait before they are taken in, all at once; up to then searches scan them. Also keeps
    // short chats out of the index.
    std::uint64_t after_messages;
    std::chrono::milliseconds pause;  // between two looks at what was written
    // Of what other programs wrote and did not follow for long. Nothing: only this one writes.
    ledger::index_notes* notes = nullptr;
    // What the log says of a ledger that failed; nothing: only that it did.
    std::function<std::string()> ledger_failure = nullptr;
};

// Nobody takes new messages in: only what was changed, also of messages that the index is not known to hold. A store
// that was interrupted may have brought them.
inline constexpr std::uint64_t changes_only = std::numeric_limits<std::uint64_t>::max();

class index_follower {
public:
    // All of its work is done on `home`, a thread of its own.
    index_follower(ledger::reader& ledger, search::index& index, search::index_writer& into, follower_options options,
                   asio::any_io_executor home);
    // The same as a part of other work, which stops it.
    index_follower(ledger::reader& ledger, search::index& index, search::index_writer& into, follower_options options,
                   stop_signal signal);

    // Empties an index that has come further than the ledger: the ledger was put back to an earlier state, and will go
    // on from there in its own way. Errors: unavailable. To be called before the ledger is written to or searched.
    awaitable<result<void>> begin();

    // Takes in whatever is due in any chat after this one, in order of their ids; `passed` hears of each chat that is
    // done. Errors: also shutting_down (stop() was called).
    awaitable<result<void>> catch_up(core::chat_id after = {}, std::function<void(core::chat_id)> on_chat_done = {});
    // Takes in whatever is due in this one.
    awaitable<result<void>> catch_up_with(core::chat_id chat);

    // Goes on catching up with what is committed, until stop(). Once.
    awaitable<void> run();

    // What the batch writer just committed. Any thread, returns at once.
    void committed(std::span<const core::effect> effects);
    // Any thread. run(), catch_up() and catch_up_with() return within one store.
    void stop() { stop_.stop(); }

private:
    awaitable<result<void>> index_noted_chats();
    awaitable<result<void>> index_stale_notes();
    // `enough`: so many messages of a long chat are worth a look.
    awaitable<result<void>> index_chat(core::chat_id chat, std::uint64_t min_new_messages);
    awaitable<result<void>> complete(const ledger::chat_counts& head, search::position at);
    awaitable<result<void>> store_next_part(const ledger::chat_counts& head, search::position from,
                                            std::uint64_t min_new_messages);
    bool indexes_changes_only() const { return options_.after_messages == changes_only; }
    bool is_due(const ledger::chat_counts& head, search::position at, std::uint64_t min_new_messages) const;
    bool is_long(const ledger::chat_counts& head, search::position at, std::uint64_t min_new_messages) const;

    void log_failure(boost::system::error_code cause);
    awaitable<void> wait_for_notes(std::chrono::milliseconds longest);
    std::vector<core::chat_id> drain_noted();
    void expect_next(core::chat_id chat, search::position at);

    ledger::reader& ledger_;
    search::index& index_;
    search::index_writer& into_;
    const follower_options options_;
    stop_signal stop_;
    log_throttle log_;

    std::mutex mutex_;  // guards what follows
    std::unordered_set<core::chat_id> noted_;
    std::unordered_map<core::chat_id, std::uint64_t> due_at_;  // from which message on an indexed chat is noted
    bool is_sleeping_ = false;
};

}  // namespace confab::write
