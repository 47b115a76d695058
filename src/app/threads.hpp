// The threads of a standalone server and a worker: one for the batch writer, one for the index follower.
#pragma once

#include <functional>
#include <future>
#include <list>

#include "base/async.hpp"
#include "base/event_loops.hpp"
#include "search/indexed/inactive_index_follower.hpp"
#include "search/indexed/index_follower.hpp"

namespace confab::app {

// Without its batch writer, a process can only refuse writes. So if the writer fails, the process aborts. No
// acknowledged write is lost. The next start, or another worker, finds out which commands were executed.
class writer_thread {
public:
    boost::asio::any_io_executor executor() { return loop_.at(0).get_executor(); }

    // REQUIRES: `work` ends by itself; wait() is called before any object that it uses is destroyed.
    void start(awaitable<void> work);
    // Blocks until the work has ended. Returns immediately if none was started, or after an earlier wait().
    void wait();

private:
    event_loops loop_{1};
    std::promise<void> done_;
    bool is_working_ = false;
};

// A thread of low priority. If the follower fails, searches scan unindexed messages.
class index_thread {
public:
    boost::asio::any_io_executor executor() { return loop_.at(0).get_executor(); }

    // `inactive` may be null. REQUIRES: the followers use executor(); stop() is called before they are destroyed.
    void start(search::index_follower& follower, search::inactive_index_follower* inactive = nullptr);
    void stop();

private:
    // Work that ends after `stop` was called.
    struct running {
        std::function<void()> stop;
        std::promise<void> done = {};
    };
    template <class Follower>
    void run(Follower& follower);

    event_loops loop_{1};
    std::list<running> running_;
    bool is_working_ = false;  // the loop's thread has been started
};

}  // namespace confab::app
