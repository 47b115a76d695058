#include "drivers/redis/client.hpp"

#include <boost/asio/steady_timer.hpp>

#include "drivers/redis/reconnector.hpp"

namespace confab::redis {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_every{10};  // by who waits for a connection

class kept_client final : public client {
public:
    kept_client(asio::any_io_executor loop, client_options options)
        : connections_(std::make_shared<reconnector>(std::move(loop), std::move(options), std::nullopt)) {
        connections_->start();
    }
    ~kept_client() override { connections_->close(); }

    awaitable<result<reply>> execute(const arguments& a) override { return execute(a, milliseconds(0)); }

    awaitable<result<reply>> execute(const arguments& a, milliseconds wait) override {
        auto* const open = connections_->connected();
        return open ? open->execute(a, wait + connections_->options().reply_timeout) : not_connected();
    }

    void send(const arguments& a) override {
        if (auto* const open = connections_->connected()) open->send(a, connections_->options().reply_timeout);
    }

    void send(const arguments& a, reply_handler then) override {
        if (auto* const open = connections_->connected())
            return open->send(a, std::move(then), connections_->options().reply_timeout);
        asio::post(connections_->loop(),
                   [t = std::move(then)]() mutable { std::move(t)(result<reply>(error::unavailable)); });
    }

    bool is_connected() const override { return connections_->connected() != nullptr; }
    std::optional<failure> last_failure() const override { return connections_->last_failure(); }
    std::uint64_t connection() const override { return connections_->connections(); }
    void close() override { connections_->close(); }

private:
    static awaitable<result<reply>> not_connected() { co_return error::unavailable; }

    std::shared_ptr<reconnector> connections_;
};

class kept_subscription final : public subscription {
public:
    kept_subscription(asio::any_io_executor loop, client_options options, channel receives)
        : connections_(std::make_shared<reconnector>(std::move(loop), std::move(options), std::move(receives))) {
        connections_->start();
    }
    ~kept_subscription() override { connections_->close(); }

    bool is_subscribed() const override { return connections_->connected() != nullptr; }
    void close() override { connections_->close(); }

private:
    std::shared_ptr<reconnector> connections_;
};

}  // namespace

std::unique_ptr<client> make_client(asio::any_io_executor loop, client_options options) {
    return std::make_unique<kept_client>(std::move(loop), std::move(options));
}

std::unique_ptr<subscription> subscribe(asio::any_io_executor loop, client_options options, std::string channel_name,
                                        message_handler on_message) {
    return std::make_unique<kept_subscription>(std::move(loop), std::move(options),
                                               channel{std::move(channel_name), std::move(on_message)});
}

awaitable<std::optional<failure>> wait_until_connected(const client& one, milliseconds limit) {
    asio::steady_timer pause(co_await asio::this_coro::executor);
    for (auto left = limit; !one.is_connected(); left -= look_every) {
        auto failed = one.last_failure();
        if (failed && failed->is_permanent()) co_return failed;
        if (left <= left.zero()) co_return failed.value_or(failure{.reason = "no reply in time"});
        pause.expires_after(look_every);
        co_await pause.async_wait(asio::use_awaitable);
    }
    co_return std::nullopt;
}

}  // namespace confab::redis
