#include "drivers/redis/client.hpp"

#include <boost/asio/steady_timer.hpp>

#include "drivers/redis/reconnector.hpp"

namespace confab::redis {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_every{10};  // by who waits for a connection

class reconnecting_client final : public client {
public:
    reconnecting_client(asio::any_io_executor loop, client_options options)
        : reconnector_(std::make_shared<reconnector>(std::move(loop), std::move(options), std::nullopt)) {
        reconnector_->start();
    }
    ~reconnecting_client() override { reconnector_->close(); }

    awaitable<result<reply>> execute(const arguments& a) override { return execute(a, milliseconds(0)); }

    awaitable<result<reply>> execute(const arguments& a, milliseconds wait) override {
        auto* const open = reconnector_->connected();
        return open ? open->execute(a, wait + reconnector_->options().reply_timeout) : not_connected();
    }

    void send(const arguments& a) override {
        if (auto* const open = reconnector_->connected()) open->send(a, reconnector_->options().reply_timeout);
    }

    void send(const arguments& a, reply_handler then) override {
        if (auto* const open = reconnector_->connected())
            return open->send(a, std::move(then), reconnector_->options().reply_timeout);
        asio::post(reconnector_->loop(),
                   [t = std::move(then)]() mutable { std::move(t)(result<reply>(error::unavailable)); });
    }

    bool is_connected() const override { return reconnector_->connected() != nullptr; }
    std::optional<failure> last_failure() const override { return reconnector_->last_failure(); }
    std::uint64_t connection_number() const override { return reconnector_->connections_count(); }
    void close() override { reconnector_->close(); }

private:
    static awaitable<result<reply>> not_connected() { co_return error::unavailable; }

    std::shared_ptr<reconnector> reconnector_;
};

class reconnecting_subscription final : public subscription {
public:
    reconnecting_subscription(asio::any_io_executor loop, client_options options, channel subscribed_channel)
        : reconnector_(
              std::make_shared<reconnector>(std::move(loop), std::move(options), std::move(subscribed_channel))) {
        reconnector_->start();
    }
    ~reconnecting_subscription() override { reconnector_->close(); }

    bool is_subscribed() const override { return reconnector_->connected() != nullptr; }
    void close() override { reconnector_->close(); }

private:
    std::shared_ptr<reconnector> reconnector_;
};

}  // namespace

std::unique_ptr<client> make_client(asio::any_io_executor loop, client_options options) {
    return std::make_unique<reconnecting_client>(std::move(loop), std::move(options));
}

std::unique_ptr<subscription> subscribe(asio::any_io_executor loop, client_options options, std::string channel_name,
                                        message_handler on_message) {
    return std::make_unique<reconnecting_subscription>(std::move(loop), std::move(options),
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
