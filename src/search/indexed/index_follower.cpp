// 1. The batch writer reports its commits, and the follower notes each changed chat. So it finds chats that are behind
//    without a scan. It scans all chats only at the start, after a failure, and after the index was replaced. In a
//    cluster, a worker may end before it has indexed its writes. So each worker also notes such chats in the ledger.
//    Any worker indexes chats whose note is old.
// 2. A chat is due when it has enough unindexed messages, so that full blocks are written. It is also due as soon as an
//    indexed message has changed, so that deleted text leaves the index. After each pass the follower pauses, and then
//    indexes all later commits together.
// 3. For a chat, the follower first reads the counters, and indexes up to them, in steps. Each step reads at most a
//    slice of changes and some slices of messages, and stores them with the position they reach. Texts are read after
//    the counters, so they may be newer than the position, but never older.
// 4. The position in the index is the only persistent state. After a crash, the follower continues from it. A step is
//    repeated if the position is no longer the one it began with.
//
// Why not in the batch writer's transaction: each write would wait for the index. The follower uses spare processor
// time (its thread has a low priority), and a search scans unindexed messages.
#include "search/indexed/index_follower.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/log.hpp"
#include "core/folding.hpp"
#include "search/indexed/failure_reason.hpp"

namespace confab::search {
namespace {

using namespace std::chrono_literals;

// Limits of one store; bytes of the texts before folding.
constexpr std::size_t store_messages_max = 4'000;
constexpr std::size_t store_bytes_max = 1024 * 1024;

constexpr auto maintenance_interval = 5s;  // of the index, when nothing is committed
// Doubled after each failure in a row.
constexpr auto retry_after = 5s;
constexpr auto retry_after_max = 30s;

constexpr auto stale_note_age = 20s;       // its writer would have indexed the chat by then
constexpr auto stale_note_interval = 10s;  // between two checks for stale notes

constexpr std::size_t known_max = 200'000;  // chats whose next due message is cached

// The texts of one store.
struct text_batch {
    std::vector<indexed_text> texts;
    std::size_t bytes = 0;

    bool is_full() const { return texts.size() >= store_messages_max || bytes >= store_bytes_max; }
    void add(const ledger::text& t) {
        texts.push_back({t.number, t.version, t.content ? core::fold(*t.content) : std::string()});
        bytes += t.content ? t.content->size() : 0;
    }
};

// The changed messages with numbers up to `last`, in the order of their first change.
std::vector<core::message_number> changed_up_to(const std::vector<ledger::change>& changes, std::uint64_t last) {
    std::vector<core::message_number> numbers;
    std::unordered_set<core::message_number> seen;
    for (const auto& c : changes)
        if (c.message.value() <= last && seen.insert(c.message).second) numbers.push_back(c.message);
    return numbers;
}

// The last change before the first one whose message was not read.
std::uint64_t covered_by(const std::vector<ledger::change>& changes, std::span<const core::message_number> unread) {
    const auto is_unread = [&](const ledger::change& c) {
        return std::ranges::find(unread, c.message) != unread.end();
    };
    const auto first = unread.empty() ? changes.end() : std::ranges::find_if(changes, is_unread);
    return first == changes.end() ? changes.back().seq : first->seq - 1;
}

// Reads messages up to `last` that changed since `at`, as many as fit into one store, and advances `at`.
awaitable<result<void>> read_changed(ledger::index_source& ledger, core::chat_id chat, std::uint64_t last,
                                     core::position& at, text_batch& into) {
    const auto changes = co_await ledger.changes(chat, at.changes);
    if (!changes) co_return changes.error();
    if (changes->empty()) co_return result<void>();
    const auto numbers = changed_up_to(*changes, last);
    std::span<const core::message_number> unread(numbers);
    while (!unread.empty() && !into.is_full()) {
        const auto slice = co_await ledger.texts(chat, unread);
        if (!slice) co_return slice.error();
        if (slice->empty()) co_return error::unavailable;  // each change has a message
        for (const auto& t : *slice) into.add(t);
        unread = unread.subspan(slice->size());
    }
    at.changes = covered_by(*changes, unread);
    std::ranges::sort(into.texts, {}, &indexed_text::number);
    co_return result<void>();
}

// The same for messages that were created since `at`.
awaitable<result<void>> read_created(ledger::index_source& ledger, const core::chat_position& head, core::position& at,
                                     text_batch& into) {
    while (at.messages < head.position.messages && !into.is_full()) {
        const ledger::window w{.after = at.messages, .last = head.position.messages};
        const auto slice = co_await ledger.texts(head.chat, w);
        if (!slice) co_return slice.error();
        if (slice->empty()) co_return error::unavailable;  // numbers up to the count have no gap
        for (const auto& t : *slice) into.add(t);
        at.messages = slice->back().number.value();
    }
    co_return result<void>();
}

}  // namespace

index_follower::index_follower(ledger::index_source& ledger, index& index, index_writer& into, follower_options options,
                               asio::any_io_executor home)
    : index_follower(ledger, index, into, std::move(options), stop_signal(std::move(home))) {}

index_follower::index_follower(ledger::index_source& ledger, index& index, index_writer& into, follower_options options,
                               stop_signal signal)
    : ledger_(ledger), index_(index), into_(into), options_(std::move(options)), stop_(std::move(signal)) {}

awaitable<result<void>> index_follower::begin() {
    for (core::chat_id after;;) {
        const auto chats = co_await into_.chats(after);
        if (!chats) {
            const bool is_replaced = co_await into_.maintain();
            co_return is_replaced ? result<void>() : chats.error();
        }
        if (chats->empty()) co_return result<void>();
        for (const auto& [chat, at] : *chats) {
            const auto head = co_await ledger_.position_of(chat);
            if (!head && head.error() != error::not_found) co_return head.error();
            if (head && at.messages <= head->position.messages && at.changes <= head->position.changes) continue;
            log::warning("the search index is ahead of the ledger and is rebuilt");
            co_return co_await into_.clear();
        }
        after = chats->back().chat;
    }
}

awaitable<result<void>> index_follower::catch_up(core::chat_id after, std::function<void(core::chat_id)> on_chat_done) {
    for (;;) {
        const auto heads = co_await ledger_.positions_after(after);
        if (!heads) co_return heads.error();
        if (heads->empty()) co_return result<void>();
        for (const auto& head : *heads) {
            const bool may_be_due = head.position.messages >= options_.after_messages || head.position.changes > 0;
            if (may_be_due) {
                const auto taken = co_await catch_up_with(head.chat);
                if (!taken) co_return taken.error();
            }
            if (stop_.is_set()) co_return error::shutting_down;
            if (on_chat_done) on_chat_done(head.chat);
        }
        after = heads->back().chat;
    }
}

awaitable<result<void>> index_follower::catch_up_with(core::chat_id chat) {
    return index_chat(chat, options_.after_messages);
}

back_off index_follower::retry_pause() {
    return {retry_after, retry_after_max};
}

awaitable<void> index_follower::run() {
    auto retry = retry_pause();
    auto checked_for_stale_notes = std::chrono::steady_clock::now();
    for (bool needs_full_scan = true; !stop_.is_set();) {
        auto done = co_await index_noted_chats();
        if (done && needs_full_scan) done = co_await catch_up();
        if (done && std::chrono::steady_clock::now() - checked_for_stale_notes >= stale_note_interval) {
            done = co_await index_stale_notes();
            checked_for_stale_notes = std::chrono::steady_clock::now();
        }
        needs_full_scan = !done;
        if (done) {
            retry.reset();
            co_await stop_.sleep(options_.pause);
        } else {
            if (!stop_.is_set() && done.error() != error::shutting_down) log_failure(done.error());
            co_await stop_.sleep(retry.next());
        }
        if (co_await into_.maintain()) needs_full_scan = true;
        if (!needs_full_scan) co_await wait_for_notes(maintenance_interval);
    }
}

awaitable<result<void>> index_follower::index_noted_chats() {
    for (const auto chat : drain_noted())
        if (const auto taken = co_await catch_up_with(chat); !taken) co_return taken.error();
    co_return result<void>();
}

awaitable<result<void>> index_follower::index_stale_notes() {
    if (!options_.notes) co_return result<void>();
    const timestamp before{now().us - std::chrono::microseconds(stale_note_age).count()};
    const auto chats = co_await options_.notes->noted_before(before);
    if (!chats) co_return chats.error();
    for (const auto chat : *chats)
        if (const auto taken = co_await index_chat(chat, 1); !taken) co_return taken.error();
    co_return result<void>();
}

// Indexes up to the counters read at the beginning, so that a busy chat does not starve the others.
awaitable<result<void>> index_follower::index_chat(core::chat_id chat, std::uint64_t min_new_messages) {
    const auto head = co_await ledger_.position_of(chat);
    if (!head) co_return head.error();
    for (;;) {
        const auto from = co_await index_.find_position(chat);
        if (!from) co_return from.error();
        expect_next(chat, *from);
        if (stop_.is_set()) co_return result<void>();
        if (!is_due(*head, *from, min_new_messages)) co_return co_await complete(*head, *from);
        const auto stored = co_await store_next_part(*head, *from, min_new_messages);
        if (!stored && stored.error() == error::version_mismatch) continue;  // another follower has indexed this part
        if (!stored) co_return stored.error();
        const bool is_replaced = co_await into_.maintain();
        if (is_replaced) co_return error::unavailable;  // every chat is due again
    }
}

// Removes the chat's note. A chat that is too short to be indexed counts as fully indexed.
awaitable<result<void>> index_follower::complete(const core::chat_position& head, core::position at) {
    if (!options_.notes) co_return result<void>();
    const core::chat_position indexed{head.chat, at};
    const auto completed_to = at.messages == 0 ? head : indexed;
    co_return co_await options_.notes->remove_note(completed_to);
}

awaitable<result<void>> index_follower::store_next_part(const core::chat_position& head, core::position from,
                                                        std::uint64_t min_new_messages) {
    auto to = from;
    text_batch next;
    auto read = result<void>();
    if (from.messages == 0 && !indexes_changes_only())
        to.changes = head.position.changes;  // texts are read after the counters, so they include these changes
    else
        read = co_await read_changed(ledger_, head.chat, indexes_changes_only() ? core::number_max : to.messages, to,
                                     next);
    if (read && is_long(head, from, min_new_messages)) read = co_await read_created(ledger_, head, to, next);
    if (!read) co_return read.error();
    if (to == from) co_return error::unavailable;  // the ledger lacks messages that it counts
    co_return co_await into_.store(head.chat, next.texts, from, to);
}

bool index_follower::is_long(const core::chat_position& head, core::position at, std::uint64_t min_new_messages) const {
    return head.position.messages >= options_.after_messages &&
           head.position.messages >= at.messages + min_new_messages;
}

bool index_follower::is_due(const core::chat_position& head, core::position at, std::uint64_t min_new_messages) const {
    const bool may_hold_some = at.messages > 0 || indexes_changes_only();
    return is_long(head, at, min_new_messages) || (may_hold_some && head.position.changes > at.changes);
}

void index_follower::log_failure(boost::system::error_code cause) {
    const auto why = failure_reason(cause, into_.last_failure(), options_.ledger_failure);
    log_.warning(why, "indexing failed and will be retried: " + why);
}

awaitable<void> index_follower::wait_for_notes(std::chrono::milliseconds longest) {
    {
        const std::lock_guard lock(mutex_);
        if (!noted_.empty()) co_return;
        is_sleeping_ = true;
    }
    co_await stop_.sleep(longest);
    const std::lock_guard lock(mutex_);
    is_sleeping_ = false;
}

void index_follower::committed(const core::batch_effects& effects) {
    std::unique_lock lock(mutex_);
    for (const auto& chat : effects.chats()) {
        const auto known = due_at_.find(chat.id);
        const auto due_at = known == due_at_.end() ? options_.after_messages : known->second;
        if (chat.last_change > 0 || chat.last_message >= due_at) noted_.insert(chat.id);
    }
    if (noted_.empty() || !std::exchange(is_sleeping_, false)) return;
    lock.unlock();
    stop_.wake();
}

std::vector<core::chat_id> index_follower::drain_noted() {
    const std::lock_guard lock(mutex_);
    std::vector<core::chat_id> taken(noted_.begin(), noted_.end());
    noted_.clear();
    return taken;
}

void index_follower::expect_next(core::chat_id chat, core::position at) {
    const std::lock_guard lock(mutex_);
    if (at.messages == 0) {
        due_at_.erase(chat);
        return;
    }
    if (due_at_.size() >= known_max) due_at_.clear();
    due_at_[chat] = at.messages + options_.after_messages;
}

}  // namespace confab::search
