// Reads the ledger for `confab check`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/error.hpp"
#include "core/entities.hpp"
#include "ledger/index_source.hpp"
#include "ledger/slice.hpp"

namespace confab::ledger {

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
