#include "base/worker_threads.hpp"

#include <string>
#include <system_error>

#include "base/error.hpp"

namespace confab {

worker_threads::worker_threads(std::size_t count) : context_(static_cast<int>(count)) {
    threads_.reserve(count);
    try {
        while (threads_.size() < count) threads_.emplace_back([this] { context_.run(); });
    } catch (const std::system_error& cause) {
        end();
        throw startup_error(std::string("cannot start a thread: ") + cause.what());
    }
}

worker_threads::~worker_threads() {
    end();
}

void worker_threads::join() {
    work_.reset();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
}

void worker_threads::end() {
    context_.stop();
    join();
}

}  // namespace confab
