// The contract of every queue. A test adds a queue with a factory: see local_queue_test.cpp.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "base/event_loops.hpp"
#include "queue/queue.hpp"

namespace confab::testing {

struct queue_limits {
    std::size_t commands_max = 100'000;
    std::size_t bytes_max = 1'000'000'000;
};

class queue_fixture {
public:
    virtual ~queue_fixture() = default;
    virtual queue::sender& sender() = 0;
    virtual queue::receiver& receiver() = 0;
    virtual void close() = 0;

    // The loops of the sender and of the receiver. All of them run.
    virtual event_loops& senders() = 0;
    virtual asio::any_io_executor receiver_executor() = 0;
    // Waits until this many commands are in the queue.
    virtual void wait_for(std::size_t commands) = 0;
};

struct named_queue {
    const char* name;
    std::function<std::unique_ptr<queue_fixture>(queue_limits)> make;
};

class queue_contract : public ::testing::TestWithParam<named_queue> {};

}  // namespace confab::testing
