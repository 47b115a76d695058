// A hint to the nodes of a cluster that a worker committed to a topic. Nodes poll the counters of followed topics
// anyway: a hint only spares their followers the wait.
#pragma once

#include <cstdint>

#include "live/event.hpp"

namespace confab::live {

struct hint {
    live::topic topic;
    std::uint64_t creations = 0;  // the counter after the commit; 0: it did not move
    std::uint64_t changes = 0;    // likewise

    friend bool operator==(const hint&, const hint&) = default;
};

}  // namespace confab::live
