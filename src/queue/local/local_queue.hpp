// The queue within one process: bounded in commands and bytes, first in, first out.
#pragma once

#include <memory>

#include "queue/queue.hpp"

namespace confab::queue {

struct local_limits {
    std::size_t commands_max;  // waiting ones and those in the current batch
    std::size_t bytes_max;     // of core::weight
};

class local_queue : public sender, public receiver {
public:
    // Refuses commands from now on. Waiting commands can still be taken. Any thread.
    virtual void close() = 0;
};

std::unique_ptr<local_queue> make_local_queue(local_limits limits);

}  // namespace confab::queue
