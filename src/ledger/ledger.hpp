// The ledger: where apps, chats and messages are kept, and the only truth about their numbers.
// Three ports, since three things use it: requests read, the batch writer writes, `confab check` audits.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/error.hpp"
#include "core/command.hpp"
#include "core/effect.hpp"
#include "core/entities.hpp"
#include "core/folding.hpp"
#include "core/state.hpp"

namespace confab::ledger {

// The most rows one call reads. A longer list is read slice by slice, so that no read holds a snapshot for long.
inline constexpr std::size_t slice_rows_max =
    1001;  // the longest page, and the one row that tells whether there are more
// The most bytes of texts one call gathers before it ends its slice early (never before the first row). Everyone who
// takes a long answer slowly holds one (at its beginning a megabyte of them, api/lists.hpp), and there may be as many
// of them as connections.
inline constexpr std::size_t slice_bytes_max = 128 * 1024;

enum class order { ascending, descending };

// Which rows of a list a call reads: those whose number (of an app: its id) lies above `after`, up to and including
// `last`.
struct window {
    std::uint64_t after = 0;
    std::uint64_t last = 0;
    ledger::order order = order::ascending;
    std::size_t rows_max = slice_rows_max;
};

// The most messages, and about the most bytes of them, that one call compares with a query: some tens of milliseconds
// of work.
inline constexpr std::size_t match_rows_max = 20'000;
inline constexpr std::size_t match_bytes_max = 2 * 1024 * 1024;

struct matches {
    std::vector<core::message> rows;
    std::optional<window> remaining;  // what was not looked at; nothing: all was
};

// Of the messages that were asked for by number, those that match; `examined`: how many of the numbers, from the first
// on, were compared.
struct matches_by_number {
    std::vector<core::message> rows;
    std::size_t examined = 0;
};

// The pair of a chat's counters, read in one statement: all up to it is committed. What a search index goes on from.
struct chat_counts {
    core::chat_id chat;
    std::uint64_t messages = 0;
    std::uint64_t changes = 0;
};

// What a search index has to know of a message.
struct text {
    core::message_number number;
    std::uint64_t version = 1;
    std::optional<std::string> content;  // nothing: deleted
};

struct change {
    std::uint64_t seq = 0;
    core::message_number message;
};

// Sees all that was committed before the call. Any thread, any number of calls at once.
// Errors: not_found where a single thing is asked for; unavailable.
class reader {
public:
    virtual ~reader() = default;

    virtual awaitable<result<core::app>> find_app(core::app_token token) = 0;
    virtual awaitable<result<core::app>> find_app(core::app_id id) = 0;
    virtual awaitable<result<core::chat>> find_chat(core::app_token app, core::chat_number chat) = 0;
    // Tombstones too.
    virtual awaitable<result<core::message>> find_message(core::app_token app, core::chat_number chat,
                                                          core::message_number message) = 0;

    // One slice of a list, in the window's order: at most slice_rows_max rows and about slice_bytes_max bytes. Empty at
    // the end.
    virtual awaitable<result<core::app_id>> last_app() = 0;
    virtual awaitable<result<std::vector<core::app>>> apps(window w) = 0;
    virtual awaitable<result<std::vector<core::chat>>> chats(core::app_id app, window w) = 0;
    virtual awaitable<result<std::vector<core::message>>> messages(core::chat_id chat, window w) = 0;

    // Of the window's messages, those whose content contains the query; tombstones never do. Looks at no more than
    // match_rows_max of them, a bound of work, and tells how far it came. REQUIRES: `query` lives until the answer.
    virtual awaitable<result<matches>> matching(core::chat_id chat, window w, const core::folded_query& query) = 0;

    // What a message said at its versions above `after`, in ascending order, the present one last; a slice as above.
    // Errors: not_found, deleted.
    virtual awaitable<result<std::vector<core::message_version>>> versions(core::chat_id chat,
                                                                           core::message_number message,
                                                                           std::uint64_t after) = 0;

    // Of the numbered messages, in this order, those whose content contains the query; looks at all of them, or stops
    // after about slice_bytes_max bytes of hits. REQUIRES: `numbers` and `query` live until the answer.
    virtual awaitable<result<matches_by_number>> matching(core::chat_id chat,
                                                          std::span<const core::message_number> numbers,
                                                          const core::folded_query& query) = 0;

    // For those who keep a search index. A slice each, as above.
    virtual awaitable<result<chat_counts>> counts(core::chat_id chat) = 0;
    virtual awaitable<result<std::vector<chat_counts>>> counts_after(core::chat_id after) = 0;
    virtual awaitable<result<std::vector<change>>> changes(core::chat_id chat, std::uint64_t after_seq) = 0;
    virtual awaitable<result<std::vector<text>>> texts(core::chat_id chat, window w) = 0;
    // Of the numbered messages, in this order, as many as make a slice, and at least one. REQUIRES: `numbers` are there
    // and live until the answer.
    virtual awaitable<result<std::vector<text>>> texts(core::chat_id chat,
                                                       std::span<const core::message_number> numbers) = 0;
};

// One batch at a time: load, decide, apply. One writer, one thread.
class writer {
public:
    virtual ~writer() = default;

    // Adds to `s` what decide() will need for these commands and `s` does not hold.
    // Of commands that came through a shared queue it tells those done before (state::put of their jobs); its
    // transaction begins here and fences out every other writer of their partitions until apply(), which also moves the
    // positions. Errors: unavailable, writes_closed.
    virtual awaitable<result<void>> load(std::span<const core::command* const> commands, core::state& s) = 0;

    // Makes all effects durable, or none, with one sync. Once it returns, readers see them and a crash of the process
    // or of the machine loses none of them. Errors: unavailable (nothing is kept), outcome_unknown (the sync failed:
    // only a restart tells; every later call answers writes_closed), rejected (the engine refuses some of the data for
    // what it is; nothing is kept, but a batch of one command is passed over for good). REQUIRES: effects decided, in
    // this order, on a state this ledger loaded last.
    virtual awaitable<result<void>> apply(std::span<const core::effect> effects) = 0;

    // What is better done between batches than within: to be called after a batch was answered.
    virtual awaitable<void> maintain(timestamp now) = 0;
};

// The rows behind the counters, for checking that they agree. Sees what was committed when refresh() was last called,
// so that what it reads in between agrees with itself, also beside a running server. One caller. Errors: unavailable.
class auditor {
public:
    struct app_row {
        core::app_id id;
        std::string token;
        std::uint64_t chats_count;
    };
    struct chat_row {
        core::chat_id id;
        core::app_id app;
        core::chat_number number;
        std::uint64_t messages_count;
        std::uint64_t changes_count;
    };
    struct message_row {
        core::message_number number;
        std::uint64_t version;
        bool is_deleted;
        bool has_content;
        bool has_metadata;
    };
    struct change_row {
        std::uint64_t seq;
        core::message_number message;
        std::uint64_t version;
        bool has_text;  // what was there before
    };

    virtual ~auditor() = default;

    virtual awaitable<result<void>> refresh() = 0;
    // What the engine itself finds wrong with its files; empty when nothing.
    virtual awaitable<result<std::vector<std::string>>> engine_findings() = 0;
    virtual awaitable<result<std::vector<app_row>>> apps(core::app_id after, std::size_t rows_max) = 0;
    // The chats of one app, also any that stand above its count.
    virtual awaitable<result<std::vector<chat_row>>> chats(core::app_id app, core::chat_number after,
                                                           std::size_t rows_max) = 0;
    virtual awaitable<result<std::vector<message_row>>> messages(core::chat_id chat, core::message_number after) = 0;
    virtual awaitable<result<std::vector<change_row>>> changes(core::chat_id chat, std::uint64_t after_seq) = 0;
    // A slice of a list, as reader gives it.
    virtual awaitable<result<std::vector<text>>> texts(core::chat_id chat, window w) = 0;
    // How many messages and changes there are by the counters of all chats: about as much as there is to walk through.
    virtual awaitable<result<std::uint64_t>> counted_rows() = 0;
    // Rows that no walk from the apps downwards can meet: without a parent, with a number below 1, keys that made
    // nothing. In the whole ledger.
    virtual awaitable<result<std::uint64_t>> orphans() = 0;
};

}  // namespace confab::ledger
