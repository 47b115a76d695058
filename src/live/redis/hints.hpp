// Hints from workers to nodes over Redis' publish/subscribe.
//
// 1. After each commit, the worker gives the batch's effects to its hint_sender. That collects the counters that moved,
//    and publishes them. While one message is on its way, the next counters are collected, and a newer one replaces an
//    older one of its topic. So there is at most one message in flight, and Redis gets at most one for each batch.
// 2. Each event loop of a node has a hint_receiver.
// 3. A hint that is lost costs the followers of its topic up to a second: nodes poll the counters of followed topics.
//    So nothing is sent again. A receiver that was not connected says so, and the node can poll immediately.
//
// Why the sender has a connection of its own: on the receiver's, a slow PUBLISH would delay the commands of a batch.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/log_throttle.hpp"
#include "core/batch_effects.hpp"
#include "drivers/redis/client.hpp"
#include "live/hint.hpp"

namespace confab::live {

// The thread of the client's loop only, except the counts.
class hint_sender {
public:
    // Topics that wait while Redis does not reply. Hints of further ones are dropped.
    static constexpr std::size_t topics_max = 100'000;

    // REQUIRES: this sender lives until the client's loop has stopped.
    hint_sender(std::unique_ptr<redis::client> redis, std::string_view cluster);

    // Never waits and never throws. REQUIRES: the effects are committed.
    void committed(const core::batch_effects& effects) noexcept;

    // How many hints Redis received, and how many were lost: Redis did not reply or refused them, or too many topics
    // waited. Any thread.
    std::uint64_t sent() const { return sent_; }
    std::uint64_t failed() const { return failed_; }

private:
    void collect(const core::batch_effects& effects);
    void collect(const hint& moved);
    void publish();
    void handle_reply(const result<redis::reply>& reply) noexcept;
    void drop_waiting() noexcept;

    const std::unique_ptr<redis::client> redis_;
    const std::string channel_;
    std::unordered_map<topic, hint, topic_hash> waiting_;
    std::size_t in_flight_ = 0;  // the hints of the message that Redis has not acknowledged
    std::atomic<std::uint64_t> sent_ = 0, failed_ = 0;
    log_throttle log_;
};

std::unique_ptr<hint_sender> make_hint_sender(const asio::any_io_executor& loop, redis::client_options options,
                                              std::string_view cluster);

class hint_receiver {
public:
    virtual ~hint_receiver() = default;
    // How many hints it received, and how many messages it did not understand and ignored. Any thread.
    virtual std::uint64_t received() const = 0;
    virtual std::uint64_t malformed() const = 0;
};

struct hint_handlers {
    // The hints of one message. They are valid during the call.
    std::function<void(std::span<const hint>)> hinted;
    // Called once after each subscription, also the first: hints that were published before it are lost.
    std::function<void()> missed;
};

// Receives the hints of a cluster until it is destroyed. The handlers are called on `loop`, and must not destroy the
// receiver or throw. REQUIRES: it is made before the loop runs, or on its thread, and is destroyed there or after the
// loop has stopped.
std::unique_ptr<hint_receiver> make_hint_receiver(const asio::any_io_executor& loop, redis::client_options options,
                                                  std::string_view cluster, hint_handlers handlers);

}  // namespace confab::live
