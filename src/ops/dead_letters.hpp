// What an operator does with the dead letters of a cluster (`ledger/mysql/dead_letters.hpp` says what they are). On the
// caller's connections. All functions throw mysql::failure.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/command_summary.hpp"
#include "drivers/mysql/connection.hpp"
#include "drivers/redis/client.hpp"
#include "ledger/mysql/partition_state.hpp"

namespace confab::ops {

// Calls `print` for each of these dead letters, without its bytes. They are read one by one, since each may be as large
// as a request body. One that was closed meanwhile is skipped.
awaitable<void> describe_dead_letters(
    mysql::connection& db, const std::vector<ledger::mysql::dead_letter>& dead_letters,
    std::function<void(const ledger::mysql::dead_letter&, const core::command_summary&)> print);

enum class replay_result {
    sent,
    executed_before,  // by version 0.1.0: the job of the command is in the ledger. The dead letter is dropped
    not_found,
    unreadable,  // by this version
    queue_unavailable,
};

// Throws startup_error: the queue cannot be used.
using queue_connector = std::function<awaitable<std::unique_ptr<redis::client>>()>;

// Sends the command of a dead letter again. The worker that executes it closes the dead letter. So it is safe to send
// it any number of times. Connects to the queue only if there is a command to send, and throws what `connect` throws.
awaitable<replay_result> replay_dead_letter(mysql::connection& db, std::uint64_t id, queue_connector connect);

}  // namespace confab::ops
