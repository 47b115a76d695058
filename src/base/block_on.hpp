// Runs a coroutine from code that has no event loop.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <utility>

#include "base/async.hpp"

namespace confab {

// Runs `work` to completion on the calling thread, with an event loop of its own. Returns its value, or throws what
// `work` throws. Do not call it on an event loop's thread: the loop would stand still until `work` ends.
template <class T>
T block_on(awaitable<T> work) {
    asio::io_context here;
    auto running = asio::co_spawn(here, std::move(work), asio::use_future);
    here.run();
    return running.get();
}

}  // namespace confab
