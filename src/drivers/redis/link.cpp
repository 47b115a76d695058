#include "drivers/redis/link.hpp"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>

#include "drivers/redis/pump.hpp"

namespace confab::redis {
namespace {

constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);

// The first address of a name, as text: hiredis would look it up by itself, and hold up the loop.
awaitable<std::string> address_of(const engine_url& where) {
    asio::ip::tcp::resolver resolver(co_await asio::this_coro::executor);
    const auto port = std::to_string(where.port);
    const auto [cause, found] = co_await resolver.async_resolve(where.host, port, as_tuple);
    if (cause || found.empty()) co_return std::string();
    co_return found.begin()->endpoint().address().to_string();
}

}  // namespace

struct link::pending {
    std::optional<reply_handler> handler;  // nothing: nobody waits
    asio::any_io_executor home;
    clock::time_point deadline;
    std::list<pending*>::iterator place{};

    void complete(result<reply> r) {
        if (!handler) return;
        asio::post(home, [h = std::move(*handler), r = std::move(r)]() mutable { std::move(h)(std::move(r)); });
    }
};

awaitable<std::shared_ptr<link>> link::open(const client_options& options) {
    std::shared_ptr<link> made(new link(co_await asio::this_coro::executor));
    const bool is_connected = co_await made->connect(options);
    if (!is_connected) co_return nullptr;
    const bool is_in = co_await made->log_in(options);
    if (!is_in) co_return nullptr;
    co_return made;
}

link::~link() {
    close();
}

awaitable<bool> link::connect(const client_options& options) {
    const auto address = co_await address_of(options.where);
    if (address.empty()) co_return false;
    context_ = redisAsyncConnect(address.c_str(), options.where.port);
    if (!context_) co_return false;
    if (context_->err) {
        redisAsyncFree(std::exchange(context_, nullptr));
        co_return false;
    }
    redisEnableKeepAlive(&context_->c);
    context_->data = this;
    pump::attach(*context_, loop_);
    redisAsyncSetConnectCallback(context_, on_connect);
    redisAsyncSetDisconnectCallback(context_, on_disconnect);
    connected_.expires_after(options.connect_timeout);
    const auto [cause] = co_await connected_.async_wait(as_tuple);
    const bool in_time = cause == asio::error::operation_aborted;
    if (!in_time) close();
    co_return is_open();
}

awaitable<bool> link::log_in(const client_options& options) {
    const auto& [scheme, user, password, host, port, database, parameters] = options.where;
    if (!password.empty()) {
        const arguments with_user{"AUTH", user, password}, without_user{"AUTH", password};
        const auto& login = user.empty() ? without_user : with_user;
        const auto answer = co_await execute(login, options.reply_timeout);
        if (!answer || answer->is_error()) co_return false;
    }
    if (!database.empty()) {
        const arguments choose{"SELECT", database};
        const auto answer = co_await execute(choose, options.reply_timeout);
        if (!answer || answer->is_error()) co_return false;
    }
    co_return true;
}

awaitable<result<reply>> link::execute(const arguments& a, clock::duration most) {
    return asio::async_initiate<const asio::use_awaitable_t<>, void(result<reply>)>(
        [this, &a, most](auto handler) {
            asio::any_io_executor home = asio::get_associated_executor(handler);
            submit(a, std::make_unique<pending>(
                          pending{reply_handler(std::move(handler)), std::move(home), clock::now() + most}));
        },
        asio::use_awaitable);
}

void link::send(const arguments& a) {
    submit(a, std::make_unique<pending>(pending{std::nullopt, {}, clock::time_point::max()}));
}

void link::send(const arguments& a, reply_handler then, clock::duration most) {
    submit(a, std::make_unique<pending>(pending{std::move(then), loop_, clock::now() + most}));
}

void link::submit(const arguments& a, std::unique_ptr<pending> p) {
    std::vector<const char*> texts;
    std::vector<std::size_t> lengths;
    for (const auto& text : a) {
        texts.push_back(text.data());
        lengths.push_back(text.size());
    }
    const bool is_taken = context_ && redisAsyncCommandArgv(context_, on_reply, p.get(), static_cast<int>(a.size()),
                                                            texts.data(), lengths.data()) == REDIS_OK;
    if (!is_taken) return p->complete(error::unavailable);
    p->place = waiting_.insert(waiting_.end(), p.get());
    p.release();
}

void link::subscribe(const std::string& channel, message_handler handler) {
    on_message_ = std::move(handler);
    const char* words[] = {"SUBSCRIBE", channel.c_str()};
    const std::size_t lengths[] = {9, channel.size()};
    if (context_) redisAsyncCommandArgv(context_, on_message, nullptr, 2, words, lengths);
}

awaitable<void> link::ended() {
    if (!is_open()) co_return;
    ended_.expires_at(clock::time_point::max());
    co_await ended_.async_wait(as_tuple);
}

// hiredis completes all that waits with no reply.
void link::close() {
    if (!context_) return;
    auto* const closing = std::exchange(context_, nullptr);
    redisAsyncFree(closing);
    lost();
}

void link::lost() {
    context_ = nullptr;
    connected_.cancel();
    ended_.cancel();
}

void link::enforce_deadline(clock::time_point at) {
    if (!waiting_.empty() && waiting_.front()->deadline <= at) close();
}

link* link::of(const redisAsyncContext* context) {
    return static_cast<link*>(context->data);
}

void link::on_connect(const redisAsyncContext* context, int status) {
    auto* const self = of(context);
    if (status == REDIS_OK) {
        self->connected_.cancel();
    } else {
        self->lost();  // hiredis frees the context
    }
}

void link::on_disconnect(const redisAsyncContext* context, int) {
    of(context)->lost();
}

void link::on_reply(redisAsyncContext* context, void* r, void* privdata) {
    const std::unique_ptr<pending> p(static_cast<pending*>(privdata));
    of(context)->waiting_.erase(p->place);
    p->complete(r ? result<reply>(reply::copy(*static_cast<redisReply*>(r))) : error::outcome_unknown);
}

void link::on_message(redisAsyncContext* context, void* r, void*) {
    if (!r) return;
    const auto& got = *static_cast<redisReply*>(r);
    const bool is_message = got.type == REDIS_REPLY_ARRAY && got.elements == 3 &&
                            got.element[0]->type == REDIS_REPLY_STRING &&
                            std::string_view(got.element[0]->str, got.element[0]->len) == "message";
    if (is_message) of(context)->on_message_({got.element[2]->str, got.element[2]->len});
}

}  // namespace confab::redis
