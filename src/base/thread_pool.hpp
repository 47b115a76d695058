// A thread pool. Why not asio::thread_pool: if the system refuses a thread, its constructor waits forever for the
// threads it has started.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>
#include <vector>

namespace confab {

class thread_pool {
public:
    // Throws startup_error: a thread cannot be created.
    explicit thread_pool(std::size_t count);
    // Discards work that has not begun.
    ~thread_pool();
    thread_pool(const thread_pool&) = delete;
    thread_pool& operator=(const thread_pool&) = delete;

    boost::asio::io_context::executor_type get_executor() { return context_.get_executor(); }
    // Finishes all work and joins the threads.
    void join();

private:
    void end();

    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
    std::vector<std::thread> threads_;
};

}  // namespace confab
