// For what has no event loop of its own yet, or never will.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <utility>

#include "base/async.hpp"

namespace confab {

// Runs `work` to its end on the calling thread, with an event loop that nothing else uses.
template <class T>
T block_on(awaitable<T> work) {
    asio::io_context here;
    auto running = asio::co_spawn(here, std::move(work), asio::use_future);
    here.run();
    return running.get();
}

}  // namespace confab
