#include "base/block_on.hpp"

#include <boost/asio/io_context.hpp>
#include <exception>
#include <future>

#include "base/spawn.hpp"

namespace confab {

void block_on(awaitable<void> work) {
    // It outlives this call: another thread that resumed the work may still be inside a call of the loop.
    thread_local asio::io_context loop;
    std::exception_ptr failure;
    spawn(loop.get_executor(), std::move(work), [&](std::exception_ptr thrown) { failure = thrown; });
    loop.restart();
    loop.run();
    if (failure) std::rethrow_exception(failure);
}

void block_on(const asio::any_io_executor& executor, awaitable<void> work) {
    std::promise<void> done;
    spawn(executor, std::move(work),
          [&](std::exception_ptr thrown) { thrown ? done.set_exception(thrown) : done.set_value(); });
    done.get_future().get();
}

}  // namespace confab
