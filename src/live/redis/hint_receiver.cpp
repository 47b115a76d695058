#include <fmt/core.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <utility>

#include "base/log_throttle.hpp"
#include "base/spawn.hpp"
#include "drivers/redis/reconnector.hpp"
#include "live/redis/hint_codec.hpp"
#include "live/redis/hints.hpp"

namespace confab::live {
namespace {

// How soon a new subscription is noticed. A fraction of the second in which nodes poll anyway.
constexpr std::chrono::milliseconds look_every{100};

// Shared with its coroutine, which may end after its owner.
class subscriber : public std::enable_shared_from_this<subscriber> {
public:
    subscriber(const asio::any_io_executor& loop, std::string channel, hint_handlers handlers)
        : loop_(loop), channel_(std::move(channel)), handlers_(std::move(handlers)), timer_(loop) {}

    void start(redis::client_options options) {
        const auto on_message = [self = weak_from_this()](std::string_view text) {
            if (const auto owner = self.lock()) owner->deliver(text);
        };
        reconnector_ =
            std::make_shared<redis::reconnector>(loop_, std::move(options), redis::channel{channel_, on_message});
        reconnector_->start();
        spawn(loop_, watch(shared_from_this()));
    }

    void close() {
        is_closed_ = true;
        timer_.cancel();
        reconnector_->close();
    }

    std::uint64_t received() const { return received_; }
    std::uint64_t malformed() const { return malformed_; }

private:
    // A subscription may be lost and made again between two looks. So the number of the connection is compared.
    static awaitable<void> watch(std::shared_ptr<subscriber> self) {
        for (std::uint64_t seen = 0; !self->is_closed_;) {
            const auto present = self->reconnector_->connections_count();
            if (std::exchange(seen, present) != present) self->handlers_.missed();
            if (self->is_closed_) co_return;
            self->timer_.expires_after(look_every);
            co_await self->timer_.async_wait(use_tuple);
        }
    }

    void deliver(std::string_view text) {
        if (is_closed_) return;
        const auto hints = decode_hints(text);
        if (!hints) {
            malformed_ += 1;
            log_.warning("malformed", fmt::format("a message on Redis' channel {} has no hints that this version "
                                                  "understands; the live feed polls MySQL",
                                                  channel_));
            return;
        }
        received_ += hints->size();
        if (!hints->empty()) handlers_.hinted(*hints);
    }

    const asio::any_io_executor loop_;
    const std::string channel_;
    const hint_handlers handlers_;
    asio::steady_timer timer_;
    std::shared_ptr<redis::reconnector> reconnector_;
    bool is_closed_ = false;
    std::atomic<std::uint64_t> received_ = 0, malformed_ = 0;
    log_throttle log_;
};

class redis_hint_receiver final : public hint_receiver {
public:
    redis_hint_receiver(const asio::any_io_executor& loop, redis::client_options options, std::string_view cluster,
                        hint_handlers handlers)
        : subscriber_(std::make_shared<subscriber>(loop, hint_channel(cluster), std::move(handlers))) {
        subscriber_->start(std::move(options));
    }
    ~redis_hint_receiver() override { subscriber_->close(); }

    std::uint64_t received() const override { return subscriber_->received(); }
    std::uint64_t malformed() const override { return subscriber_->malformed(); }

private:
    const std::shared_ptr<subscriber> subscriber_;
};

}  // namespace

std::unique_ptr<hint_receiver> make_hint_receiver(const asio::any_io_executor& loop, redis::client_options options,
                                                  std::string_view cluster, hint_handlers handlers) {
    return std::make_unique<redis_hint_receiver>(loop, std::move(options), cluster, std::move(handlers));
}

}  // namespace confab::live
