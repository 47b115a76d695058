// Messages looked up one at a time, many in one statement: those that are asked for while a statement is under way go
// into the next one together. Alone, a lookup waits for nobody; under load one costs the server and this process a
// fraction of a statement. Each is answered by a statement that began after it was asked for, so it sees all that was
// committed before.
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

// Answers each of them. Does not throw.
using look_up = std::function<awaitable<void>(std::span<lookup* const>)>;

// Any event loop that one thread runs; each has statements of its own.
class lookups {
public:
    explicit lookups(look_up how);
    ~lookups();

    // Errors: as `how` answers.
    awaitable<result<core::message>> find(core::chat_id chat, core::message_number number);

private:
    class loop_queue;

    const look_up how_;
    class loop_queues;
    std::unique_ptr<loop_queues> loop_queues_;
};

}  // namespace confab::ledger::mysql
