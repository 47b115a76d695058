#include "base/event_loops.hpp"

#include <sys/resource.h>

#include <boost/asio/post.hpp>
#include <string>
#include <system_error>

#include "base/error.hpp"

namespace confab {

event_loops::event_loops(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) loops_.push_back(std::make_unique<loop>());
}

event_loops::~event_loops() {
    stop();
}

void event_loops::start() {
    try {
        for (auto& l : loops_) l->thread = std::thread([&context = l->context] { context.run(); });
    } catch (const std::system_error& cause) {
        throw startup_error(std::string("cannot start a thread: ") + cause.what());
    }
}

void event_loops::give_way() {
    constexpr int background = 10;
    // In Linux each thread has a niceness of its own, and 0 names the calling one.
    for (auto& l : loops_) boost::asio::post(l->context, [] { setpriority(PRIO_PROCESS, 0, background); });
}

void event_loops::stop() {
    for (auto& l : loops_) l->context.stop();
    for (auto& l : loops_)
        if (l->thread.joinable()) l->thread.join();
}

}  // namespace confab
