// The two threads behind a server alone and a worker: that of the batch writer and that of the index follower.
#pragma once

#include <functional>
#include <future>
#include <list>

#include "base/async.hpp"
#include "base/event_loops.hpp"
#include "write/index_follower.hpp"
#include "write/sibling_follower.hpp"

namespace confab::app {

// Without its batch writer a process could only refuse. So if that fails, the process ends: nothing that was
// acknowledged is lost by it, and whoever goes on, after a restart or as another worker, finds out what was settled.
class writer_thread {
public:
    boost::asio::any_io_executor executor() { return loop_.at(0).get_executor(); }

    // REQUIRES: `work` ends by itself some time; wait() is called then, before anything that it uses is gone.
    void start(awaitable<void> work);
    // Until the work has ended; at once if none was started, or it was waited for.
    void wait();

private:
    event_loops loop_{1};
    std::promise<void> done_;
    bool is_working_ = false;
};

// It gets the processor time that others leave. If the follower fails, searches scan what it leaves.
class index_thread {
public:
    boost::asio::any_io_executor executor() { return loop_.at(0).get_executor(); }

    // REQUIRES: the followers' home is our executor; stop() is called before they are gone. `siblings` may be null.
    void start(write::index_follower& follower, write::sibling_follower* siblings = nullptr);
    void stop();

private:
    // Work that ends some time after `stop` was called.
    struct running {
        std::function<void()> stop;
        std::promise<void> done = {};
    };
    template <class Follower>
    void spawn(Follower& follower);

    event_loops loop_{1};
    std::list<running> running_;
    bool is_working_ = false;  // the loop's thread was started
};

}  // namespace confab::app
