// Runs a coroutine from code that has no event loop.
#pragma once

#include <optional>
#include <utility>

#include "base/async.hpp"

namespace confab {

// Runs `work` to completion on the calling thread, with an event loop of its own, which ends with the call. Returns its
// value, or throws what `work` throws. Do not call it on an event loop's thread: the loop would stand still until
// `work` ends.
void block_on(awaitable<void> work);
// The same, on `executor`, which another thread runs.
void block_on(const asio::any_io_executor& executor, awaitable<void> work);

template <class T>
T block_on(awaitable<T> work) {
    std::optional<T> value;
    const auto store_value = [&]() -> awaitable<void> { value.emplace(co_await std::move(work)); };
    block_on(store_value());
    return std::move(value).value();
}

template <class T>
T block_on(const asio::any_io_executor& executor, awaitable<T> work) {
    std::optional<T> value;
    const auto store_value = [&]() -> awaitable<void> { value.emplace(co_await std::move(work)); };
    block_on(executor, store_value());
    return std::move(value).value();
}

}  // namespace confab
