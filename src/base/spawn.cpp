#include "base/spawn.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

namespace confab {

void spawn(const asio::any_io_executor& executor, awaitable<void> work, std::function<void(std::exception_ptr)> ended) {
    if (ended)
        asio::co_spawn(executor, std::move(work), std::move(ended));
    else
        asio::co_spawn(executor, std::move(work), asio::detached);
}

}  // namespace confab
