// The queue of a cluster: a Redis stream for each partition collects the commands of all nodes. The partition's owner
// takes them in order.
//
// 1. A node reads from the ledger what is known of the chat (core::last_seen), appends the command by a script, and
//    waits. Redis only transports: it gives no number that a client sees.
// 2. The owner always reads its streams from the beginning. Executed commands are deleted right after their commit, on
//    the same connection, before the next read. If a connection or Redis was lost in between, an entry is read twice.
//    The ledger recognises it by its position and its job.
// 3. Answers are published to the waiting node. They are only hints. A node that receives none looks up the job in the
//    ledger. An answer must agree with the ledger.
//
// Why no consumer groups: they would distribute the entries of a chat over workers and lose the order. Their pending
// lists would be one more state to repair after Redis lost its memory.
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
    std::string cluster;  // its identity, part of all names in Redis
    std::uint64_t partitions;
    std::size_t commands_max;  // of waiting commands per partition
    std::size_t bytes_max;     // of waiting commands per partition
    std::chrono::milliseconds answer_deadline{5000};
};

class redis_sender : public sender {
public:
    // Refuses commands from now on. Any thread.
    virtual void close() = 0;
};

// The sender of a node. Each event loop has its own connection, so no command crosses threads.
// REQUIRES: commands are submitted from coroutines on these loops only; the loops end before the sender.
std::unique_ptr<redis_sender> make_redis_sender(event_loops& loops, ledger::command_status& command_status,
                                                redis_sender_options options);

struct redis_receiver_options {
    redis::client_options redis;
    std::string cluster;
    std::uint64_t partitions;
};

class redis_receiver : public receiver {
public:
    // The next take() ends. A waiting one ends within a second. Any thread.
    virtual void close() = 0;
};

// The receiver of a worker, on one loop. A command that is answered with `unavailable` has no result yet: it stays in
// its stream and is taken again.
std::unique_ptr<redis_receiver> make_redis_receiver(const asio::any_io_executor& loop, ledger::ownership& ownership,
                                                    const redis_receiver_options& options);

}  // namespace confab::queue
