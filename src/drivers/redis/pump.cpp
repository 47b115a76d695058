#include "drivers/redis/pump.hpp"

#include <hiredis/async.h>

namespace confab::redis {

namespace asio = boost::asio;

pump::pump(redisAsyncContext& context, const asio::any_io_executor& loop)
    : context_(&context), socket_(loop, context.c.fd) {}

void pump::attach(redisAsyncContext& context, const asio::any_io_executor& loop) {
    const std::shared_ptr<pump> made(new pump(context, loop));
    made->self_ = made;
    context.ev.data = made.get();
    context.ev.addRead = [](void* data) { of(data).want(direction::read); };
    context.ev.delRead = [](void* data) { of(data).read_.is_wanted = false; };
    context.ev.addWrite = [](void* data) { of(data).want(direction::write); };
    context.ev.delWrite = [](void* data) { of(data).write_.is_wanted = false; };
    context.ev.cleanup = [](void* data) { of(data).let_go(); };
}

pump& pump::of(void* data) {
    return *static_cast<pump*>(data);
}

void pump::want(direction d) {
    at(d).is_wanted = true;
    if (!at(d).is_waiting) wait(d);
}

void pump::wait(direction d) {
    at(d).is_waiting = true;
    const auto for_what = d == direction::read ? asio::posix::stream_descriptor::wait_read
                                               : asio::posix::stream_descriptor::wait_write;
    socket_.async_wait(for_what, [self = shared_from_this(), d](const boost::system::error_code& cause) {
        self->arrived(d, !cause);
    });
}

void pump::arrived(direction d, bool is_ready) {
    at(d).is_waiting = false;
    if (!context_ || !is_ready || !at(d).is_wanted) return;
    if (d == direction::read) {
        redisAsyncHandleRead(context_);
    } else {
        redisAsyncHandleWrite(context_);
    }
    if (context_ && at(d).is_wanted && !at(d).is_waiting) wait(d);
}

// hiredis closes the socket itself.
void pump::let_go() {
    context_ = nullptr;
    socket_.release();
    self_.reset();
}

}  // namespace confab::redis
