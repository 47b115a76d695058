// Encodes commands and answers for streams and channels (entry.proto). Not for files: only nodes and workers of one
// cluster exchange these bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/command.hpp"
#include "queue/queue.hpp"

namespace confab::queue {

// `answer_to`: the channel on which the sender listens.
std::string encode(const core::command& c, const core::last_seen& seen, std::string_view answer_to);
// The replay of a dead letter. No sender listens.
std::string encode(const core::command& c, const core::replayed_dead_letter& replay_of);

struct decoded {
    core::command command;
    std::string answer_to;  // empty: no sender is known to wait
};

// Bytes that are no command, or a command of a later format, become a core::unreadable command.
decoded decode(std::string_view bytes);

struct job_outcome {
    core::job_id job;
    outcome value;
};

std::string encode(const std::vector<job_outcome>& answers);
// Skips answers that cannot be decoded.
std::vector<job_outcome> decode_answers(std::string_view bytes);

}  // namespace confab::queue
