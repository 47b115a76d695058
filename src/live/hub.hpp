// The live feed, from commits to followers.
//
// 1. A follower (follower.hpp) is a stream of one client. It lives on one event loop. It registers the topics that it
//    follows, and only then reads their counters. So every commit after that read reaches it.
// 2. publish() takes the events of one commit. For each loop it picks those that somebody follows there, and wakes the
//    loop once. The loop passes them to its followers. The texts are shared.
// 3. Each loop counts its followers by a hash of their topic. publish() only reads these counts. So loops and publisher
//    share no lock. A hash that two topics share costs a wake-up, never an event.
// 4. A server alone publishes the effects of each commit (commit_events.hpp). A node of a cluster reads them from the
//    ledger, as soon as a worker's hint or its own poll shows that there are any (ledger_poller.hpp).
//
// Why a follower may miss an event that was published before it registered: that commit was visible to readers before
// it was published. So the counters that the follower reads later include it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/async.hpp"
#include "base/event_loops.hpp"
#include "live/event.hpp"

namespace confab::live {

class follower;

struct followed_topic {
    live::topic topic;
    core::chat_number chat;  // not set for an app
};

class hub {
public:
    // The followers of one loop. Used on its thread.
    class loop {
    public:
        explicit loop(hub& owner) : owner_(owner) {}

        void add(follower& f, const followed_topic& t);
        void remove(follower& f, const topic& t);

    private:
        friend class hub;

        bool may_be_followed(const topic& t) const { return counts_[slot_of(t)].load() > 0; }
        static std::size_t slot_of(const topic& t) { return topic_hash{}(t) >> 52; }  // 12 bits
        void deliver(const std::vector<event>& events);
        void end_all();

        hub& owner_;
        std::array<std::atomic<std::uint32_t>, 4096> counts_{};
        std::unordered_map<topic, std::vector<follower*>, topic_hash> followers_;
    };

    explicit hub(std::size_t loops);
    hub(const hub&) = delete;
    hub& operator=(const hub&) = delete;

    // REQUIRES: called once, before anything else; as many loops as were announced; this outlives the loops.
    void attach(event_loops& loops);

    // The part of the loop that runs the caller. REQUIRES: `executor` is of a loop that is attached.
    loop& at(const asio::any_io_executor& executor);

    // False: nobody follows anything. Any thread.
    bool has_followers() const { return registrations_.load() > 0; }
    // False: nobody follows it. Any thread.
    bool may_be_followed(const topic& t) const;
    // Any thread.
    std::vector<followed_topic> followed_topics() const;

    // Passes events to their followers, in this order. Any thread, one call at a time.
    void publish(std::span<const event> events);

    // Ends all streams: their positions are not valid any more. Any thread.
    void end_all();

private:
    struct registration {
        core::chat_number chat;
        std::size_t followers = 0;
    };

    event_loops* loops_ = nullptr;
    std::vector<std::unique_ptr<loop>> parts_;
    std::atomic<std::size_t> registrations_ = 0;
    mutable std::mutex mutex_;  // for the list below, which no delivery needs
    std::unordered_map<topic, registration, topic_hash> topics_;
};

}  // namespace confab::live
