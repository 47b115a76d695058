// Threads that share one queue of work. Unlike asio::thread_pool it can fail to start: that one waits for ever for its
// first threads if the system refuses a later one.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>
#include <vector>

namespace confab {

class worker_threads {
public:
    // Throws startup_error: no thread to be had.
    explicit worker_threads(std::size_t count);
    // Drops the work that is not begun.
    ~worker_threads();
    worker_threads(const worker_threads&) = delete;
    worker_threads& operator=(const worker_threads&) = delete;

    boost::asio::io_context::executor_type get_executor() { return context_.get_executor(); }
    // Finishes all work, and ends the threads.
    void join();

private:
    void end();

    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
    std::vector<std::thread> threads_;
};

}  // namespace confab
