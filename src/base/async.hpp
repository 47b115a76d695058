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
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace confab {

namespace asio = boost::asio;

template <class T>
using awaitable = asio::awaitable<T>;

// With this token an operation returns its error code and results as a tuple, and does not throw the error.
inline constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

// Runs `work` on `where` and resumes the caller on its own executor. For work that would block an event loop. Rethrows
// what `work` throws.
template <class Work, class Value = std::invoke_result_t<Work>>
awaitable<Value> run_on(asio::any_io_executor where, Work work) {
    const auto caller_executor = co_await asio::this_coro::executor;
    std::optional<Value> value;
    std::exception_ptr failure;
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
        [&](auto handler) {
            asio::post(where, [&, caller_executor, handler = std::move(handler)]() mutable {
                try {
                    value.emplace(work());
                } catch (...) {
                    failure = std::current_exception();
                }
                asio::post(caller_executor, std::move(handler));
            });
        },
        asio::use_awaitable);
    if (failure) std::rethrow_exception(failure);
    co_return std::move(*value);
}

}  // namespace confab
