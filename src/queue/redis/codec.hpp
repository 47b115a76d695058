// Commands and answers as bytes: what stands in streams and is published (entry.proto). Not for files: only what nodes
// and workers of one cluster say to each other.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/command.hpp"
#include "queue/queue.hpp"

namespace confab::queue {

// `answer_to` is the channel on which the sender listens.
std::string encode(const core::command& c, const core::last_seen& seen, std::string_view answer_to);

struct decoded {
    core::command command;
    std::string answer_to;  // empty: nobody is known to wait
};

// Of bytes that are no command, or one of a later format: a command that is core::unreadable.
decoded decode(std::string_view bytes);

struct job_outcome {
    core::job_id job;
    outcome value;
};

std::string encode(const std::vector<job_outcome>& answers);
// Leaves out what cannot be read.
std::vector<job_outcome> decode_answers(std::string_view bytes);

}  // namespace confab::queue
