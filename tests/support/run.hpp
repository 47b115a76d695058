// Runs an awaitable to its end. The I/O context is static, because a thread that resumed the awaitable may still use
// it.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <optional>
#include <utility>

#include "base/async.hpp"

namespace confab::testing {

inline void run(awaitable<void> work) {
    static asio::io_context here;
    auto running = asio::co_spawn(here, std::move(work), asio::use_future);
    here.restart();
    here.run();
    running.get();
}

template <class T>
T run(awaitable<T> work) {
    std::optional<T> value;
    run([](awaitable<T> w, std::optional<T>& v) -> awaitable<void> { v.emplace(co_await std::move(w)); }(
                                                    std::move(work), value));
    return std::move(*value);
}

}  // namespace confab::testing
