// Event loops, one thread each. Work that begins on a loop stays on it, so most of the program needs no locks.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/stall_detector.hpp"

namespace confab {

class loop_monitor;

// One thread, except where a call says any thread. A handler that throws ends the process.
class event_loops {
public:
    explicit event_loops(std::size_t count);
    ~event_loops();  // calls stop()
    event_loops(const event_loops&) = delete;
    event_loops& operator=(const event_loops&) = delete;

    std::size_t size() const { return loops_.size(); }
    // The loop, to run work on it. Any thread.
    boost::asio::io_context& at(std::size_t index) { return loops_[index]->context; }

    // Whether the threads were started, and stop() has not joined them. Not beside start() and stop().
    bool is_running() const { return !loops_.empty() && loops_.front()->thread.joinable(); }
    // Whether the calling thread runs one of the loops. Any thread.
    bool is_on_loop() const;

    // Lowers the scheduling priority of the threads, for background work. REQUIRES: started.
    void lower_priority();
    // Starts the threads. Throws startup_error: a thread cannot be created. The others run until stop(). Call it once.
    void start();
    // Starts to count and log stalls (loop_monitor.hpp). REQUIRES: started; called once.
    void watch();
    // The number of stalls so far; 0 before watch() and after stop(). Any thread between the two.
    std::uint64_t stalls() const;

    // Counts a handler of the calling thread's loop. Frequent handlers call it when they begin. Does nothing on a
    // thread that is not a loop's. Any thread.
    static void count_handler();
    // Queues a handler that only counts itself. Does nothing while an earlier one is still queued. Any thread.
    void queue_handler_at(std::size_t index);
    // The loop's handlers and processor time so far. Nothing: the thread's clock cannot be read. Any thread. REQUIRES:
    // started, and not stopped.
    std::optional<stall_detector::sample> sample_at(std::size_t index);

    // Stops the loops and joins their threads. Suspended coroutines never resume. They are destroyed with this object.
    // May be called again. Do not call it on a loop's thread.
    void stop();

private:
    struct loop {
        boost::asio::io_context context{1};  // one thread runs it
        boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
        std::atomic<std::uint64_t> handlers = 0;
        std::atomic<bool> is_handler_queued = false;  // a handler of queue_handler_at() is queued
        std::thread thread;
    };
    static thread_local loop* current;

    std::vector<std::unique_ptr<loop>> loops_;
    std::unique_ptr<loop_monitor> monitor_;
};

}  // namespace confab
