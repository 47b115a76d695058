// One connection to Redis, from its making to its end. The loop's thread only.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>

#include "drivers/redis/client.hpp"

struct redisAsyncContext;

namespace confab::redis {

class link : public std::enable_shared_from_this<link> {
public:
    using clock = std::chrono::steady_clock;

    // Connects, logs in and chooses the database. Nothing: that could not be done; it is logged once by the caller.
    static awaitable<std::shared_ptr<link>> open(const client_options& options);
    ~link();

    awaitable<result<reply>> execute(const arguments& a, clock::duration most);
    void send(const arguments& a);
    void send(const arguments& a, reply_handler then, clock::duration most);
    void subscribe(const std::string& channel, message_handler on_message);

    bool is_open() const { return context_ != nullptr; }
    // Returns once the connection is lost or was closed.
    awaitable<void> ended();
    void close();
    // Closes the connection when the oldest command waits for too long.
    void enforce_deadline(clock::time_point at);

private:
    struct pending;

    explicit link(asio::any_io_executor loop) : loop_(std::move(loop)), connected_(loop_), ended_(loop_) {}

    awaitable<bool> connect(const client_options& options);
    awaitable<bool> log_in(const client_options& options);
    void submit(const arguments& a, std::unique_ptr<pending> p);
    void lost();

    static link* of(const redisAsyncContext* context);
    static void on_connect(const redisAsyncContext* context, int status);
    static void on_disconnect(const redisAsyncContext* context, int status);
    static void on_reply(redisAsyncContext* context, void* r, void* privdata);
    static void on_message(redisAsyncContext* context, void* r, void* privdata);

    asio::any_io_executor loop_;
    redisAsyncContext* context_ = nullptr;
    asio::steady_timer connected_, ended_;  // never run out by themselves: their end is the signal
    std::list<pending*> waiting_;           // in the order of their replies; hiredis owns them
    message_handler on_message_;
};

}  // namespace confab::redis
