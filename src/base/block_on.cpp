#include "base/block_on.hpp"

#include <boost/asio/io_context.hpp>
#include <exception>
#include <future>
#include <memory>

#include "base/spawn.hpp"

namespace confab {

void block_on(awaitable<void> work) {
    asio::io_context loop;
    std::exception_ptr failure;
    spawn(loop.get_executor(), std::move(work), [&](const std::exception_ptr& thrown) { failure = thrown; });
    loop.run();
    if (failure) std::rethrow_exception(failure);
}

void block_on(const asio::any_io_executor& executor, awaitable<void> work) {
    const auto done = std::make_shared<std::promise<void>>();
    auto ended = done->get_future();
    spawn(executor, std::move(work),
          [done](const std::exception_ptr& thrown) { thrown ? done->set_exception(thrown) : done->set_value(); });
    ended.get();
}

}  // namespace confab
