// Asynchronous calls: C++20 coroutines on Asio. Every port call returns an `awaitable`. A call that need not wait
// completes inline.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <type_traits>
#include <utility>

namespace confab {

namespace asio = boost::asio;

template <class T>
using awaitable = asio::awaitable<T>;

// With this token an operation returns its error code and results as a tuple, and does not throw the error.
inline constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

// Calls `work(context)` on `where` and resumes the caller on its own executor. Rethrows what `work` throws.
awaitable<void> call_on(asio::any_io_executor where, void (*work)(void* context), void* context);

// Runs `work` on `where` and resumes the caller on its own executor. For work that would block an event loop. Returns
// its value, or rethrows what it throws.
template <class Work, class Value = std::invoke_result_t<Work>>
awaitable<Value> run_on(asio::any_io_executor where, Work work) {
    std::optional<Value> value;
    auto store_value = [&] { value.emplace(work()); };
    co_await call_on(
        std::move(where), [](void* context) { (*static_cast<decltype(store_value)*>(context))(); }, &store_value);
    co_return std::move(value).value();
}

}  // namespace confab
