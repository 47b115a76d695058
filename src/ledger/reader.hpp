// What requests read. Sees everything that was committed before the call. Any thread, any number of concurrent calls.
// REQUIRES of MySQL's: calls are awaited on an event loop that one thread runs (drivers/mysql/pool.hpp). Errors of each
// call: not_found where a single thing is requested; unavailable; shutting_down (SQLite alone, once the server closes
// the reads). The same holds for all reading ports: matcher.hpp, index_source.hpp.
#pragma once

#include <cstdint>
#include <vector>

#include "base/async.hpp"
#include "base/error.hpp"
#include "core/entities.hpp"
#include "ledger/slice.hpp"

namespace confab::ledger {

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

    // The versions of a message above `after`, in ascending order. The current version is the last. A slice as above.
    // Errors: not_found, deleted.
    virtual awaitable<result<std::vector<core::message_version>>> versions(core::chat_id chat,
                                                                           core::message_number message,
                                                                           std::uint64_t after) = 0;
};

}  // namespace confab::ledger
