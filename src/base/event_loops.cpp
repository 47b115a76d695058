#include "base/event_loops.hpp"

namespace confab {

event_loops::event_loops(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) loops_.push_back(std::make_unique<loop>());
}

event_loops::~event_loops() { stop(); }

void event_loops::start() {
    for (auto& l : loops_) l->thread = std::thread([&context = l->context] { context.run(); });
}

void event_loops::stop() {
    for (auto& l : loops_) l->context.stop();
    for (auto& l : loops_)
        if (l->thread.joinable()) l->thread.join();
}

}  // namespace confab
