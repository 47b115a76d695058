#include "drivers/redis/reconnector.hpp"

#include <fmt/core.h>

#include "base/log.hpp"
#include "base/log_throttle.hpp"
#include "base/spawn.hpp"
#include "drivers/redis/role.hpp"

namespace confab::redis {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds pause_min{20};
constexpr milliseconds pause_max{1000};
constexpr milliseconds steady_after{5000};
constexpr milliseconds enforce_limits_every{100};
constexpr milliseconds ask_role_every{1000};

// Shared by all connections of the process, since they fail together.
log_throttle& losses() {
    static log_throttle all;
    return all;
}

// For HTTP clients: no address, and no text of the server.
std::string fault_of(const failure& why) {
    switch (why.type) {
        case failure::kind::unreachable:
            return "Redis cannot be reached";
        case failure::kind::refused:
            return "Redis refuses this server";
        case failure::kind::no_primary:
            return "Redis is a replica and accepts no writes";
    }
    return {};
}

const arguments& ping() {
    static const arguments command{"PING"};
    return command;
}

}  // namespace

reconnector::reconnector(asio::any_io_executor loop, client_options options, std::optional<channel> subscribed_channel)
    : loop_(std::move(loop)),
      options_(std::move(options)),
      channel_(std::move(subscribed_channel)),
      timer_(loop_),
      pause_(pause_min, pause_max) {}

void reconnector::start() {
    spawn(loop_, keep_connected(shared_from_this()));
    spawn(loop_, watch(shared_from_this()));
}

void reconnector::close() {
    is_closed_ = true;
    is_usable_ = false;
    timer_.cancel();
    if (const auto open = std::exchange(connection_, nullptr)) open->close({});
}

std::optional<failure> reconnector::last_failure() const {
    return connected() ? std::nullopt : last_failure_;
}

awaitable<void> reconnector::keep_connected(std::shared_ptr<reconnector> self) {
    while (!self->is_closed_) {
        auto failed = co_await self->connect();
        if (self->is_closed_) co_return;
        const bool is_connected = !failed;
        const auto since = clock::now();
        if (is_connected) {
            const auto made = self->connection_;
            self->begin();
            co_await made->ended();
            failed = made->why();
        }
        if (self->is_closed_) co_return;
        const auto lifetime = is_connected ? clock::now() - since : clock::duration(0);
        if (is_connected) self->note_address(*failed, lifetime);
        self->fail(std::move(*failed), is_connected);
        co_await self->pause_after(lifetime);
    }
}

awaitable<std::optional<failure>> reconnector::connect() {
    const auto found = co_await resolve(options_.where);
    if (!found.fault.empty()) co_return failure{failure::kind::unreachable, found.fault};
    std::optional<failure> all;
    for (const auto& to : order_.sort(found.addresses)) {
        auto failed = co_await connect_to(to);
        if (!failed || is_closed_) co_return std::nullopt;
        if (found.addresses.size() > 1) failed->reason = to.address().to_string() + ": " + failed->reason;
        all = all ? joined(std::move(*all), *failed) : std::move(*failed);
    }
    co_return all;
}

awaitable<std::optional<failure>> reconnector::connect_to(address to) {
    const auto made = std::make_shared<connection>(loop_);
    auto failed = co_await made->open(to, options_);
    if (failed) co_return failed;
    if (!is_closed_) {
        connection_ = made;
        connected_to_ = to;
        failed = co_await enter(*made);
    }
    if (failed || is_closed_) made->close(failed.value_or(failure()));
    co_return failed;
}

awaitable<std::optional<failure>> reconnector::enter(connection& on) {
    auto logged_in = co_await log_in(on, options_);
    if (logged_in.refusal || is_closed_) co_return logged_in.refusal;
    role_command_ = logged_in.role_command;
    if (!channel_) co_return std::nullopt;
    on.receive(channel_->on_message);
    co_return co_await subscribe_on(on, channel_->name, options_);
}

void reconnector::note_address(const failure& why, clock::duration lifetime) {
    if (why.type == failure::kind::no_primary)
        order_.note_no_primary(connected_to_);
    else if (lifetime >= steady_after)
        order_.forget(connected_to_);
}

awaitable<void> reconnector::pause_after(clock::duration lifetime) {
    if (lifetime >= steady_after) pause_.reset();
    timer_.expires_after(pause_.next());
    co_await timer_.async_wait(use_tuple);
}

void reconnector::begin() {
    is_usable_ = true;
    connections_count_ += 1;
    asked_at_ = clock::now();
    if (std::exchange(is_loss_logged_, false))
        log::info(fmt::format("{} {} again", channel_ ? "subscribed at" : "connected to", options_.where.redacted()));
    if (options_.state && !channel_) options_.state->clear();
}

void reconnector::fail(failure why, bool was_connected) {
    is_usable_ = false;
    connection_ = nullptr;
    log_loss(why, was_connected);
    // Another connection may still be open when one is lost. So a loss alone is no fault of the server.
    const bool is_fault = !was_connected || why.is_permanent();
    if (is_fault && options_.state && !channel_) options_.state->set_fault(fault_of(why));
    last_failure_ = std::move(why);
}

void reconnector::log_loss(const failure& why, bool was_connected) {
    if (why.is_permanent() && !options_.is_refusal_logged) return;
    const auto* const what = channel_ ? "subscription at" : "connection to";
    const auto line =
        fmt::format("{} {} {}: {}", was_connected ? "lost the" : "no", what, options_.where.redacted(), why.reason);
    if (losses().warning(line, line)) is_loss_logged_ = true;
}

awaitable<void> reconnector::watch(std::shared_ptr<reconnector> self) {
    asio::steady_timer timer(self->loop_);
    while (!self->is_closed_) {
        timer.expires_after(enforce_limits_every);
        co_await timer.async_wait(use_tuple);
        const auto open = self->connection_;
        if (!open) continue;
        open->enforce_limits(clock::now());
        self->ask_role(clock::now());
    }
}

// On a subscription, or without a role command, PING at least detects a lost server.
void reconnector::ask_role(clock::time_point at) {
    auto* const open = connected();
    if (!open || at - asked_at_ < ask_role_every) return;
    asked_at_ = at;
    const bool can_ask = !channel_ && role_command_;
    open->send(
        can_ask ? *role_command_ : ping(),
        [self = weak_from_this(), asked = std::weak_ptr(connection_)](const result<reply>& answer) {
            const auto owner = self.lock();
            const auto on = asked.lock();
            if (owner && on) owner->handle_role_reply(*on, answer);
        },
        options_.reply_timeout);
}

void reconnector::handle_role_reply(connection& of, const result<reply>& answer) {
    if (!answer || is_closed_ || channel_) return;
    const auto found = parse_role(*answer);
    if (auto refusal = failure_of(found)) return of.close(std::move(*refusal));
    if (found.type == role::primary && options_.state) options_.state->clear();
}

}  // namespace confab::redis
