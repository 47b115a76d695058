// The queue between requests and the batch writer. Requests submit commands, the batch writer takes and answers them,
// and the program closes the queue.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/async.hpp"
#include "base/error.hpp"
#include "core/command.hpp"

namespace confab::queue {

using outcome = result<core::command_result>;

class sender {
public:
    virtual ~sender() = default;

    // Submits a command and waits until it is committed or refused. Any thread; resumes on the caller's executor.
    // Errors: overloaded and shutting_down (nothing was done), and all errors of the writer.
    // REQUIRES: `c` lives until the answer.
    virtual awaitable<outcome> submit(const core::command& c) = 0;

    // The same, but waits no longer than `most` once the command is stored where it survives a crash of this process.
    // Nothing: the command will be executed later. A queue that stores nothing waits as submit() does.
    virtual awaitable<result<std::optional<core::command_result>>> submit_with_timeout(
        const core::command& c, std::chrono::milliseconds most) = 0;
};

struct batch_limits {
    std::size_t commands_max;
    std::size_t bytes_max;  // of core::weight; a single heavier command still makes a batch
};

class receiver {
public:
    virtual ~receiver() = default;

    // The oldest waiting commands, in order of arrival, at least one. Waits for the first. Empty: closed, and all
    // commands were taken. One taker. REQUIRES: the previous batch was answered.
    virtual awaitable<std::vector<const core::command*>> take(batch_limits limits) = 0;

    // Answers the batch last taken. The n-th outcome answers the n-th command.
    virtual void answer(std::vector<outcome> outcomes) = 0;
};

}  // namespace confab::queue
