#include "drivers/elastic/connection_pool.hpp"

#include <algorithm>
#include <boost/asio/execution_context.hpp>
#include <map>

#include "base/require.hpp"

namespace confab::elastic {
namespace {

// The pools of all clients on one event loop.
class loop_service final : public asio::execution_context::service {
public:
    using key_type = loop_service;
    static inline asio::execution_context::id id;

    explicit loop_service(asio::execution_context& loop) : service(loop) {}

    std::shared_ptr<connection_pool> of(const std::shared_ptr<const connection_pool_options>& client) {
        if (const auto known = all_.find(client.get()); known != all_.end() && !known->second->is_abandoned())
            return known->second;
        std::erase_if(all_, [](const auto& one) { return one.second->is_abandoned(); });
        return all_[client.get()] = std::make_shared<connection_pool>(client);
    }

private:
    void shutdown() override {
        for (auto& [client, mine] : all_) mine->close();
        all_.clear();
    }

    std::map<const void*, std::shared_ptr<connection_pool>> all_;
};

}  // namespace

std::shared_ptr<connection_pool> connection_pool::of(const std::shared_ptr<const connection_pool_options>& client,
                                                     asio::execution_context& loop) {
    return asio::use_service<loop_service>(loop).of(client);
}

// A caller's entry in `waiting_`, removed however the wait ends.
struct connection_pool::wait_registration {
    wait_registration(connection_pool& c, asio::steady_timer& t) : all(c), mine(t) { all.waiting_.push_back(&mine); }
    ~wait_registration() { all.waiting_.remove(&mine); }
    wait_registration(const wait_registration&) = delete;
    wait_registration& operator=(const wait_registration&) = delete;

    connection_pool& all;
    asio::steady_timer& mine;
};

awaitable<std::optional<connection_pool::lease>> connection_pool::take() {
    require(std::this_thread::get_id() == thread_, "one thread runs an event loop");
    const auto self = shared_from_this();
    const auto until = clock::now() + options_.wait_max;
    while (in_use_ >= options_.connections_max) {
        if (clock::now() >= until) co_return std::nullopt;
        co_await wait(until);
    }
    ++in_use_;
    co_return std::optional<lease>(std::in_place, self, idle_one());
}

awaitable<void> connection_pool::wait(clock::time_point until) {
    const auto loop = co_await asio::this_coro::executor;
    asio::steady_timer alarm(loop, until);
    const wait_registration mine(*this, alarm);
    co_await alarm.async_wait(use_tuple);
}

// The most recently used one, so that the others can expire.
std::unique_ptr<connection> connection_pool::idle_one() {
    const auto oldest = clock::now() - options_.idle_max;
    while (!idle_.empty() && idle_.front().since < oldest) idle_.pop_front();
    while (!idle_.empty()) {
        auto last = std::move(idle_.back().kept);
        idle_.pop_back();
        if (last->is_usable()) return last;
    }
    return nullptr;
}

void connection_pool::give_back(std::unique_ptr<connection> c) {
    --in_use_;
    if (is_closed_) return;
    if (c && c->is_usable()) idle_.push_back({std::move(c), clock::now()});
    if (waiting_.empty()) return;
    waiting_.front()->cancel();
    waiting_.pop_front();
}

void connection_pool::close() {
    is_closed_ = true;
    idle_.clear();
    waiting_.clear();
}

}  // namespace confab::elastic
