// Starts coroutines on an event loop. Asio's co_spawn is instantiated here once: a call in every file costs seconds of
// build time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <exception>
#include <functional>

#include "base/async.hpp"

namespace confab {

// Starts `work` on `executor`. When it ends, calls `ended` there, with its exception or null. Without `ended`
// an exception is dropped.
void spawn(const asio::any_io_executor& executor, awaitable<void> work,
           std::function<void(std::exception_ptr)> ended = {});

}  // namespace confab
