// The ledger stores apps, chats and messages. It is the only source of their numbers. It has three ports for three
// users: requests read, the batch writer writes, `confab check` audits.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/error.hpp"
#include "core/batch_effects.hpp"
#include "core/command.hpp"
#include "core/entities.hpp"
#include "core/folding.hpp"
#include "core/position.hpp"
#include "core/state.hpp"

namespace confab::ledger {

// The maximum rows of one call. A longer list is read in slices, so that no read holds a snapshot for long.
inline constexpr std::size_t slice_rows_max = 1001;  // the longest page, and one row that shows whether more follow
// The maximum bytes of texts in a slice. A slice always has at least one row. Each client that reads a long answer
// slowly holds one slice (at the beginning a megabyte of them, api/lists.hpp). There may be as many such clients as
// connections.
inline constexpr std::size_t slice_bytes_max = 128 * 1024;

enum class order { ascending, descending };

// The rows of a list that a call reads: `after` < number <= `last`. For apps the number is the id.
struct window {
    std::uint64_t after = 0;
    std::uint64_t last = 0;
    ledger::order order = order::ascending;
    std::size_t rows_max = slice_rows_max;
};

// The maximum messages, and about the maximum bytes, that one call compares with a query. That is some tens of
// milliseconds of work.
inline constexpr std::size_t match_rows_max = 20'000;
inline constexpr std::size_t match_bytes_max = 2 * 1024 * 1024;

struct matches {
    std::vector<core::message> rows;
    std::optional<window> remaining;  // not compared yet; nothing: the window is complete
};

// The matching messages among those requested by number. `examined`: how many of the numbers, from the first on, were
// compared.
struct matches_by_number {
    std::vector<core::message> rows;
    std::size_t examined = 0;
};

// The fields of a message that a search index needs.
struct text {
    core::message_number number;
    std::uint64_t version = 1;
    std::optional<std::string> content;  // nothing: deleted
};

struct change {
    std::uint64_t seq = 0;
    core::message_number message;
};

// Sees everything that was committed before the call. Any thread, any number of concurrent calls. REQUIRES of MySQL's:
// calls are awaited on an event loop that one thread runs (drivers/mysql/pool.hpp). Errors: not_found where a single
// thing is requested; unavailable; shutting_down (SQLite alone, once the server closes the reads).
class reader {
public:
    virtual ~reader() = default;

    virtual awaitable<result<core::app>> find_app(core::app_token token) = 0;
    virtual awaitable<result<core::app>> find_app(core::app_id id) = 0;
    virtual awaitable<result<core::chat>> find_chat(core::app_token app, core::chat_number chat) = 0;
    // Finds tombstones too.
    virtual awaitable<result<core::message>> find_message(core::app_token app, core::chat_number chat,
                                                          core::message_number message) = 0;

    // One slice of a list, in the window's order: at most slice_rows_max rows and about slice_bytes_max bytes. Empty at
    // the end.
    virtual awaitable<result<core::app_id>> last_app() = 0;
    virtual awaitable<result<std::vector<core::app>>> apps(window w) = 0;
    virtual awaitable<result<std::vector<core::chat>>> chats(core::app_id app, window w) = 0;
    virtual awaitable<result<std::vector<core::message>>> messages(core::chat_id chat, window w) = 0;

    // The messages of the window whose content contains the query. Tombstones never match. Compares at most
    // match_rows_max messages, which bounds the work, and returns the remaining window. REQUIRES: `query` outlives the
    // call.
    virtual awaitable<result<matches>> matching(core::chat_id chat, window w, const core::folded_query& query) = 0;

    // The versions of a message above `after`, in ascending order. The current version is the last. A slice as above.
    // Errors: not_found, deleted.
    virtual awaitable<result<std::vector<core::message_version>>> versions(core::chat_id chat,
                                                                           core::message_number message,
                                                                           std::uint64_t after) = 0;

    // The numbered messages whose content contains the query, in this order. Stops after about slice_bytes_max bytes of
    // hits. REQUIRES: `numbers` and `query` outlive the call.
    virtual awaitable<result<matches_by_number>> matching(core::chat_id chat,
                                                          std::span<const core::message_number> numbers,
                                                          const core::folded_query& query) = 0;

    // For the index follower. A slice each, as above.
    virtual awaitable<result<core::chat_position>> position_of(core::chat_id chat) = 0;
    virtual awaitable<result<std::vector<core::chat_position>>> positions_after(core::chat_id after) = 0;
    virtual awaitable<result<std::vector<change>>> changes(core::chat_id chat, std::uint64_t after_seq) = 0;
    virtual awaitable<result<std::vector<text>>> texts(core::chat_id chat, window w) = 0;
    // A slice of the numbered messages, in this order; at least one. REQUIRES: the messages exist; `numbers` outlives
    // the call.
    virtual awaitable<result<std::vector<text>>> texts(core::chat_id chat,
                                                       std::span<const core::message_number> numbers) = 0;
};

// One batch at a time: load, decide, apply. One writer, one thread. load() and apply() of a shared ledger throw
// lost_commits (ledger/lost_commits.hpp): then the worker must stop.
class writer {
public:
    virtual ~writer() = default;

    // Adds to `s` what decide() needs for these commands and `s` lacks. For commands of a shared queue it also adds the
    // results of those already done (state::put with a job). Its transaction begins here. It keeps every other writer
    // from their partitions until apply(), which also moves the positions. Errors: unavailable, writes_closed (SQLite
    // alone, after outcome_unknown).
    virtual awaitable<result<void>> load(std::span<const core::command* const> commands, core::state& s) = 0;

    // Makes all effects durable, or none, with one sync. Once it returns, readers see them, and a crash of the process
    // or the machine loses none of them. REQUIRES: the effects were decided, in this order, on a state that this ledger
    // loaded last.
    // Errors:
    // - unavailable: nothing is kept. But a shared ledger may have committed the batch, if only the reply was lost.
    //   Then the queue delivers the commands again, and load() finds their results.
    // - outcome_unknown (SQLite alone): the sync failed, and only a restart shows the outcome. Every later call returns
    //   writes_closed.
    // - writes_closed (SQLite alone): an earlier call returned outcome_unknown.
    // - rejected (a shared ledger alone): the engine refuses some of the data. Nothing is kept. A batch of one command
    //   becomes a dead letter.
    virtual awaitable<result<void>> apply(const core::batch_effects& effects) = 0;

    // Maintenance between batches. Call it after a batch was answered.
    virtual awaitable<void> maintain(timestamp now) = 0;
};

// The rows behind the counters, to check that both agree. Reads the snapshot of the last refresh(), so its reads are
// consistent with each other, also beside a running server. One caller. Errors: unavailable.
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
        bool has_text;  // it has the content before the change
    };

    virtual ~auditor() = default;

    virtual awaitable<result<void>> refresh() = 0;
    // The engine's own findings about its files. Empty: it found none.
    virtual awaitable<result<std::vector<std::string>>> engine_findings() = 0;
    virtual awaitable<result<std::vector<app_row>>> apps(core::app_id after, std::size_t rows_max) = 0;
    // The chats of one app, also those above its counter.
    virtual awaitable<result<std::vector<chat_row>>> chats(core::app_id app, core::chat_number after,
                                                           std::size_t rows_max) = 0;
    virtual awaitable<result<std::vector<message_row>>> messages(core::chat_id chat, core::message_number after) = 0;
    virtual awaitable<result<std::vector<change_row>>> changes(core::chat_id chat, std::uint64_t after_seq) = 0;
    // A slice, as for reader.
    virtual awaitable<result<std::vector<text>>> texts(core::chat_id chat, window w) = 0;
    // The number of messages and changes by the counters of all chats: about the number of rows that a check reads.
    virtual awaitable<result<std::uint64_t>> counted_rows() = 0;
    // The number of orphaned rows in the ledger: rows without a parent, rows with a number below 1, and keys without a
    // result. A walk down from the apps does not find them.
    virtual awaitable<result<std::uint64_t>> orphans() = 0;
};

}  // namespace confab::ledger
