// Event loops, one thread each. What is begun on a loop stays on it, so most of the program needs no locks.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/turn_watch.hpp"

namespace confab {

class loop_monitor;

class event_loops {
public:
    explicit event_loops(std::size_t count);
    ~event_loops();
    event_loops(const event_loops&) = delete;
    event_loops& operator=(const event_loops&) = delete;

    std::size_t size() const { return loops_.size(); }
    boost::asio::io_context& at(std::size_t index) { return loops_[index]->context; }

    // From now on they only get the processor time that others leave. REQUIRES: started.
    void lower_priority();
    // Begins to run them all. Throws startup_error: no thread to be had.
    void start();
    // Begins to log turns that hold up all others (loop_monitor.hpp). REQUIRES: started; once.
    void watch();
    // How many of those there were; 0 while nothing watches.
    std::uint64_t long_turns() const;

    // To be called where a handler begins, by those that run often: says that the turn before it is over. On a thread
    // that is no loop's it does nothing.
    static void note_turn();
    // Has a loop note a turn, after what waits on it now. Does nothing while the last one is still to come.
    void begin_turn_at(std::size_t index);
    // Nothing: the thread has ended. REQUIRES: started, and not stopped.
    std::optional<turn_watch::sample> sample_at(std::size_t index);

    // Ends them and waits for their threads. What still waits on a loop never resumes; it is destroyed with this
    // object.
    void stop();

private:
    struct loop {
        boost::asio::io_context context{1};  // one thread runs it
        boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
        std::atomic<std::uint64_t> turns = 0;
        std::atomic<bool> is_turn_due = false;  // one that was asked for
        std::thread thread;
    };
    static thread_local loop* current;

    std::vector<std::unique_ptr<loop>> loops_;
    std::unique_ptr<loop_monitor> monitor_;
};

}  // namespace confab
