// Event loops, one thread each. What is begun on a loop stays on it, so most of the program needs no locks.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>
#include <vector>

namespace confab {

class event_loops {
public:
    explicit event_loops(std::size_t count);
    ~event_loops();
    event_loops(const event_loops&) = delete;
    event_loops& operator=(const event_loops&) = delete;

    std::size_t size() const { return loops_.size(); }
    boost::asio::io_context& at(std::size_t index) { return loops_[index]->context; }

    // From now on they only get the processor time that others leave. REQUIRES: started.
    void give_way();
    // Begins to run them all. Throws startup_error: no thread to be had.
    void start();
    // Ends them and waits for their threads. What still waits on a loop never resumes; it is destroyed with this
    // object.
    void stop();

private:
    struct loop {
        boost::asio::io_context context{1};  // one thread runs it
        boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
        std::thread thread;
    };
    std::vector<std::unique_ptr<loop>> loops_;
};

}  // namespace confab
