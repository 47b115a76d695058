#include "drivers/mysql/pool.hpp"

namespace confab::mysql {

awaitable<pool::lease> pool::take() {
    const auto options = options_;  // the pool may be gone when the wait ends
    const auto executor = co_await asio::this_coro::executor;
    auto taken = co_await connection_pool<connection>::of(limits_, executor.context())->take();
    if (!taken)
        throw failure(failure::kind::down, 0, "all connections to the server are in use, and none became free in time");
    if (!taken->connection()) {
        auto opened = std::make_unique<connection>(*options);
        co_await opened->open();
        taken->connection() = std::move(opened);
    }
    co_return lease(std::move(*taken));
}

}  // namespace confab::mysql
