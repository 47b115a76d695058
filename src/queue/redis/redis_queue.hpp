// The queue of a cluster: a Redis stream for each partition joins the commands of all nodes, and the partition's owner
// takes them in their order.
//
// 1. A node asks the ledger how far the chat has come, appends the command by a script, and waits. Redis numbers
// nothing
//    that a client sees: it only carries.
// 2. The owner reads its streams from their beginning, always: what was done is deleted right after its commit, on the
//    same connection, before the next read. What is read twice all the same, since a connection or Redis was lost in
//    between, the ledger knows by its position and its job.
// 3. Answers are published to the node that waits. They are only hints: whoever hears none looks the job up in the
//    ledger, which is what an answer has to agree with.
// Why no consumer groups: they would spread the entries of a chat over workers and lose the order; and their pending
// lists are one more truth to mend after Redis lost its memory.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/event_loops.hpp"
#include "drivers/redis/client.hpp"
#include "ledger/cluster_ports.hpp"
#include "queue/queue.hpp"

namespace confab::queue {

struct redis_sender_options {
    redis::client_options redis;
    std::string cluster;  // its identity, which all names in Redis carry
    std::uint64_t partitions;
    std::size_t commands_max;  // that may wait in one partition
    std::size_t bytes_max;     // that they may weigh there
    std::chrono::milliseconds answer_deadline{5000};
};

class redis_sender : public sender {
public:
    // Refuses from now on. Any thread.
    virtual void close() = 0;
};

// A node's end. Each event loop has its own connection, so that no command crosses threads.
// REQUIRES: submitted to from coroutines on these loops only; the loops end before the sender.
std::unique_ptr<redis_sender> make_redis_sender(event_loops& loops, ledger::command_status& command_status,
                                                redis_sender_options options);

struct redis_receiver_options {
    redis::client_options redis;
    std::string cluster;
    std::uint64_t partitions;
};

class redis_receiver : public receiver {
public:
    // The next take() ends. Within a second, if one waits. Any thread.
    virtual void close() = 0;
};

// A worker's end, on one loop. A command that is answered with `unavailable` was not settled: it stays, and is taken
// again.
std::unique_ptr<redis_receiver> make_redis_receiver(asio::any_io_executor loop, ledger::ownership& ownership,
                                                    redis_receiver_options options);

}  // namespace confab::queue
