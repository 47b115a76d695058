#include "base/thread_pool.hpp"

#include <string>
#include <system_error>

#include "base/error.hpp"

namespace confab {

thread_pool::thread_pool(std::size_t count) : context_(static_cast<int>(count)) {
    threads_.reserve(count);
    try {
        while (threads_.size() < count) threads_.emplace_back([this] { context_.run(); });
    } catch (const std::system_error& cause) {
        end();
        throw startup_error(std::string("cannot start a thread: ") + cause.what());
    }
}

thread_pool::~thread_pool() {
    end();
}

void thread_pool::join() {
    work_.reset();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
}

void thread_pool::end() {
    context_.stop();
    join();
}

}  // namespace confab
