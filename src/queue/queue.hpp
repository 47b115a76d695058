// The queue between those who ask for writes and the one who does them. Three ports: requests submit, the batch writer
// takes and answers, the program closes.
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

    // Hands a command over and waits until it is committed or refused. Any thread; resumes on the caller's executor.
    // Errors: overloaded and shutting_down (nothing was done), and all that the writer answers.
    // REQUIRES: `c` lives until the answer.
    virtual awaitable<outcome> submit(const core::command& c) = 0;

    // The same, but waits no longer than `most` once the command is kept where the death of this process does not harm
    // it. Nothing: it will be settled, by and by. A queue that keeps nothing waits as submit() does.
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

    // The oldest waiting commands, in the order they came, at least one; waits for the first. Empty: closed, and all
    // was taken. One taker. REQUIRES: the batch before was answered.
    virtual awaitable<std::vector<const core::command*>> take(batch_limits limits) = 0;

    // Answers the batch last taken, each command by the outcome at its place.
    virtual void answer(std::vector<outcome> outcomes) = 0;
};

}  // namespace confab::queue
