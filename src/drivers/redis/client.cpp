#include "drivers/redis/client.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/log.hpp"
#include "drivers/redis/link.hpp"

namespace confab::redis {
namespace {

using std::chrono::milliseconds;

constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);
constexpr milliseconds pause_least{20};
constexpr milliseconds pause_most{1000};
constexpr milliseconds look_at_deadlines_every{100};

// Keeps a connection while it is wanted. Shared with its coroutines, which may end after their owner.
class keeper : public std::enable_shared_from_this<keeper> {
public:
    using made_handler = std::function<void(link&)>;

    keeper(asio::any_io_executor loop, client_options options, made_handler on_made)
        : loop_(std::move(loop)), options_(std::move(options)), on_made_(std::move(on_made)), pause_(loop_) {}

    void start() {
        asio::co_spawn(loop_, keep_connected(shared_from_this()), asio::detached);
        asio::co_spawn(loop_, watch_deadlines(shared_from_this()), asio::detached);
    }

    void close() {
        is_closed_ = true;
        on_made_ = nullptr;
        pause_.cancel();
        if (const auto open = std::exchange(link_, nullptr)) open->close();
    }

    void tell_not_connected(reply_handler then) {
        asio::post(loop_, [t = std::move(then)]() mutable { std::move(t)(result<reply>(error::unavailable)); });
    }

    link* connected() const { return link_ && link_->is_open() ? link_.get() : nullptr; }
    std::uint64_t connections() const { return connections_; }
    const client_options& options() const { return options_; }

private:
    static awaitable<void> keep_connected(std::shared_ptr<keeper> self) {
        for (auto pause = pause_least; !self->is_closed_;) {
            auto made = co_await link::open(self->options_);
            if (self->is_closed_) co_return;
            if (made) {
                self->tell(true);
                self->link_ = made;
                self->connections_ += 1;
                self->on_made_(*made);
                co_await made->ended();
                pause = pause_least;
            }
            if (self->is_closed_) co_return;
            self->tell(false);
            self->pause_.expires_after(pause);
            co_await self->pause_.async_wait(as_tuple);
            pause = std::min(pause * 2, pause_most);
        }
    }

    static awaitable<void> watch_deadlines(std::shared_ptr<keeper> self) {
        asio::steady_timer timer(self->loop_);
        while (!self->is_closed_) {
            timer.expires_after(look_at_deadlines_every);
            co_await timer.async_wait(as_tuple);
            if (const auto open = self->link_) open->enforce_deadline(link::clock::now());
        }
    }

    // Each loss and its end once.
    void tell(bool is_there) {
        if (std::exchange(was_there_, is_there) == is_there) return;
        if (is_there) {
            log::info(fmt::format("connected to {} again", options_.where.shown()));
        } else {
            log::warning(fmt::format("no connection to {}", options_.where.shown()));
        }
    }

    asio::any_io_executor loop_;
    client_options options_;
    made_handler on_made_;
    asio::steady_timer pause_;
    std::shared_ptr<link> link_;
    std::uint64_t connections_ = 0;
    bool was_there_ = true;
    bool is_closed_ = false;
};

class kept_client final : public client {
public:
    kept_client(asio::any_io_executor loop, client_options options)
        : keeper_(std::make_shared<keeper>(std::move(loop), std::move(options), [](link&) {})) {
        keeper_->start();
    }
    ~kept_client() override { keeper_->close(); }

    awaitable<result<reply>> execute(const arguments& a) override { return execute(a, milliseconds(0)); }

    awaitable<result<reply>> execute(const arguments& a, milliseconds wait) override {
        auto* const open = keeper_->connected();
        return open ? open->execute(a, wait + keeper_->options().reply_timeout) : not_connected();
    }

    void send(const arguments& a) override {
        if (auto* const open = keeper_->connected()) open->send(a);
    }

    void send(const arguments& a, reply_handler then) override {
        if (auto* const open = keeper_->connected())
            return open->send(a, std::move(then), keeper_->options().reply_timeout);
        keeper_->tell_not_connected(std::move(then));
    }

    bool is_connected() const override { return keeper_->connected() != nullptr; }
    std::uint64_t connection() const override { return keeper_->connections(); }
    void close() override { keeper_->close(); }

private:
    static awaitable<result<reply>> not_connected() { co_return error::unavailable; }

    std::shared_ptr<keeper> keeper_;
};

class kept_subscription final : public subscription {
public:
    kept_subscription(asio::any_io_executor loop, client_options options, std::string channel, message_handler handler)
        : keeper_(std::make_shared<keeper>(std::move(loop), std::move(options),
                                           [channel = std::move(channel), handler = std::move(handler)](link& made) {
                                               made.subscribe(channel, handler);
                                           })) {
        keeper_->start();
    }
    ~kept_subscription() override { keeper_->close(); }

    bool is_subscribed() const override { return keeper_->connected() != nullptr; }
    void close() override { keeper_->close(); }

private:
    std::shared_ptr<keeper> keeper_;
};

}  // namespace

std::unique_ptr<client> make_client(asio::any_io_executor loop, client_options options) {
    return std::make_unique<kept_client>(std::move(loop), std::move(options));
}

std::unique_ptr<subscription> subscribe(asio::any_io_executor loop, client_options options, std::string channel,
                                        message_handler on_message) {
    return std::make_unique<kept_subscription>(std::move(loop), std::move(options), std::move(channel),
                                               std::move(on_message));
}

}  // namespace confab::redis
