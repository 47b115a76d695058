#include "drivers/redis/connection.hpp"

#include "base/spawn.hpp"

namespace confab::redis {
namespace {

// Before Redis 7, a script's error has the code inside its text.
bool is_read_only(const reply& r) {
    return r.is_error() && r.text.find("READONLY") != std::string::npos;
}

}  // namespace

void connection::pending::complete(result<reply> r) {
    if (!handler) return;
    asio::post(executor, [h = std::move(*handler), r = std::move(r)]() mutable { std::move(h)(std::move(r)); });
}

awaitable<std::optional<failure>> connection::open(address to, const client_options& options) {
    require(!is_open_ && why_.reason.empty(), "a connection is opened once");
    auto reason = co_await stream_.open(to, options.connect_timeout);
    if (!reason.empty()) co_return failure{failure::kind::unreachable, std::move(reason)};
    is_open_ = true;
    spawn(loop_, read_all(shared_from_this()));
    co_return std::nullopt;
}

awaitable<result<reply>> connection::execute(const arguments& a, clock::duration limit) {
    return asio::async_initiate<const asio::use_awaitable_t<>, void(result<reply>)>(
        [this, &a, limit](auto handler) {
            asio::any_io_executor executor = asio::get_associated_executor(handler);
            submit(a, {reply_handler(std::move(handler)), std::move(executor), clock::now() + limit});
        },
        asio::use_awaitable);
}

void connection::send(const arguments& a, clock::duration limit) {
    submit(a, {std::nullopt, {}, clock::now() + limit});
}

void connection::send(const arguments& a, reply_handler then, clock::duration limit) {
    submit(a, {std::move(then), loop_, clock::now() + limit});
}

void connection::submit(const arguments& a, pending p) {
    if (!is_open_) return p.complete(error::unavailable);
    append_command(outgoing_, a);
    pending_.push_back(std::move(p));
    unsent_ += 1;
    if (std::exchange(is_writing_, true)) return;
    asio::post(loop_, [self = shared_from_this()] { self->flush(); });
}

// A failed write does not close the connection yet: the server's last reply may still be unread.
void connection::flush() {
    is_writing_ = is_open_ && !outgoing_.empty();
    if (!is_writing_) return;
    in_flight_.clear();
    in_flight_.swap(outgoing_);
    unsent_ = 0;
    stream_.async_write(asio::buffer(in_flight_),
                        [self = shared_from_this()](const boost::system::error_code& fault, std::size_t) {
                            if (!fault) return self->flush();
                            if (!self->deferred_failure_)
                                self->deferred_failure_ = failure{failure::kind::unreachable, error_text(fault)};
                        });
}

// A handler may own the coroutine that owns this connection. If the loop ends before the handlers run, this cycle is
// broken when the reading coroutine is destroyed.
struct connection::pending_guard {
    connection& owner;
    ~pending_guard() {
        owner.is_open_ = false;
        const auto dropped = std::exchange(owner.pending_, {});
    }
};

awaitable<void> connection::read_all(std::shared_ptr<connection> self) {
    const pending_guard guard{*self};
    while (self->is_open_) {
        const auto [fault, count] = co_await self->stream_.read_some(asio::buffer(self->incoming_));
        if (!self->is_open_) co_return;
        if (fault) co_return self->close({failure::kind::unreachable, error_text(fault)});
        self->parser_.feed({self->incoming_.data(), count});
        while (self->is_open_) {
            auto next = self->parser_.next();
            if (!next) break;
            self->dispatch(std::move(*next));
        }
        if (self->parser_.has_failed())
            self->close({failure::kind::refused, "it is not a Redis server: " + self->parser_.failure()});
    }
}

void connection::dispatch(reply r) {
    if (deliver(r)) return;
    // No command is pending: the server reports why it closes the connection.
    if (pending_.empty())
        return close(r.is_error() ? failure_of(std::move(r.text))
                                  : failure{failure::kind::unreachable, "a reply without a command"});
    if (is_read_only(r)) deferred_failure_ = failure{failure::kind::no_primary, r.text};
    auto first = std::move(pending_.front());
    pending_.pop_front();
    first.complete(std::move(r));
}

bool connection::deliver(const reply& r) {
    const bool is_message = on_message_ && r.is_array_of(3) && r.items[0].text == "message";
    if (is_message) on_message_(r.items[2].text);
    return is_message;
}

awaitable<void> connection::ended() {
    if (!is_open_) co_return;
    ended_.expires_at(clock::time_point::max());
    co_await ended_.async_wait(use_tuple);
}

void connection::close(failure why) {
    if (!std::exchange(is_open_, false)) return;
    // A server that is no primary, and that closes before enforce_limits() does, is still no primary.
    const bool is_no_primary = deferred_failure_ && deferred_failure_->type == failure::kind::no_primary;
    why_ = is_no_primary && !why.is_permanent() ? std::move(*deferred_failure_) : std::move(why);
    stream_.close();
    auto lost = std::exchange(pending_, {});
    for (auto left = lost.size(); auto& p : lost)
        p.complete(left-- <= unsent_ ? result<reply>(error::unavailable) : error::outcome_unknown);
    ended_.cancel();
}

void connection::enforce_limits(clock::time_point at) {
    if (deferred_failure_) return close(std::move(*deferred_failure_));
    if (!pending_.empty() && pending_.front().deadline <= at) close({failure::kind::unreachable, "no reply in time"});
}

}  // namespace confab::redis
