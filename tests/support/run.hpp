// Runs an awaitable to its end on a loop of its own.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "base/async.hpp"

namespace confab::testing {

template <class T>
T run(awaitable<T> work) {
    asio::io_context here;
    std::optional<T> value;
    auto running = asio::co_spawn(
        here, [&]() -> awaitable<void> { value.emplace(co_await std::move(work)); }, asio::use_future);
    here.run();
    running.get();
    return std::move(*value);
}

inline void run(awaitable<void> work) {
    asio::io_context here;
    auto running = asio::co_spawn(here, std::move(work), asio::use_future);
    here.run();
    running.get();
}

}  // namespace confab::testing
