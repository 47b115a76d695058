#include "base/event_loops.hpp"

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

void event_loops::stop() {
    for (auto& l : loops_) l->context.stop();
    for (auto& l : loops_)
        if (l->thread.joinable()) l->thread.join();
}

}  // namespace confab
