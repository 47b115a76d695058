#include "base/async.hpp"

#include <exception>

namespace confab {

awaitable<void> call_on(asio::any_io_executor where, void (*work)(void* context), void* context) {
    const auto caller_executor = co_await asio::this_coro::executor;
    std::exception_ptr failure;
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
        [&](auto handler) {
            asio::post(where, [&, caller_executor, handler = std::move(handler)]() mutable {
                try {
                    work(context);
                } catch (...) {
                    failure = std::current_exception();
                }
                asio::post(caller_executor, std::move(handler));
            });
        },
        asio::use_awaitable);
    if (failure) std::rethrow_exception(failure);
}

}  // namespace confab
