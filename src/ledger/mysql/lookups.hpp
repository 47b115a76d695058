// Batches lookups of single messages. Each event loop has at most two statements in flight. While it has two, lookups
// wait, and the next statement takes up to lookups_max of them together (reader_sql.hpp). Otherwise a lookup gets its
// own statement immediately. Under load a lookup costs the server and this process a fraction of a statement. Each is
// answered by a statement that began after the request, so it sees everything that was committed before.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "base/async.hpp"
#include "base/error.hpp"
#include "core/entities.hpp"

namespace confab::ledger::mysql {

struct lookup {
    core::chat_id chat;
    core::message_number number;
    std::optional<result<core::message>> answer = std::nullopt;
};

// Sets the answer of each lookup. Does not throw.
using look_up = std::function<awaitable<void>(std::span<lookup* const>)>;

// Called on any event loop that one thread runs. Each loop has its own queue and statements.
class lookups {
public:
    explicit lookups(look_up how);
    ~lookups();

    // Errors: those of `how`.
    awaitable<result<core::message>> find(core::chat_id chat, core::message_number number);

private:
    class loop_queue;

    const look_up how_;
    class loop_queues;
    std::unique_ptr<loop_queues> loop_queues_;
};

}  // namespace confab::ledger::mysql
