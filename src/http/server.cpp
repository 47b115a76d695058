// All acceptors run on the first loop, and hand connections to the loops in turn. Why not an acceptor per loop with
// SO_REUSEPORT: the kernel then spreads connections by hash. With few connections one core gets twice the work of
// another. Also a second server on the same port would not be refused.
#include "http/server.hpp"

#include <fmt/core.h>

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <unordered_set>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/log_throttle.hpp"
#include "base/require.hpp"
#include "base/spawn.hpp"
#include "http/acceptors.hpp"
#include "http/problem.hpp"
#include "http/session.hpp"

namespace confab::http {
namespace {

using asio::ip::tcp;

constexpr std::chrono::milliseconds deadline_check_interval{250};
constexpr std::chrono::milliseconds accept_retry_delay{100};

// Counts the connections of all loops.
class connection_counter {
public:
    bool try_acquire(std::size_t most) {
        const std::lock_guard lock(mutex_);
        if (count_ >= most) return false;
        ++count_;
        return true;
    }

    void release() {
        const std::lock_guard lock(mutex_);
        if (--count_ == 0) none_left_.notify_all();
    }

    bool wait_for_none(std::chrono::milliseconds most) {
        std::unique_lock lock(mutex_);
        return none_left_.wait_for(lock, most, [this] { return count_ == 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable none_left_;
    std::size_t count_ = 0;
};

// The connections of one loop. Used on its thread.
class connections {
public:
    connections(asio::io_context& loop, const server_options& options, const handler& handle, connection_counter& count)
        : loop_(loop), options_(options), handle_(handle), count_(count) {}

    void start() { spawn(loop_.get_executor(), watch_deadlines()); }

    void serve(tcp_socket socket) { spawn(loop_.get_executor(), run(std::move(socket))); }

    void drain() {
        draining_ = true;
        for (auto* s : open_) s->drain();
    }

    void close_all() {
        for (auto* s : open_) s->close();
    }

private:
    awaitable<void> run(tcp_socket socket) {
        session s(std::move(socket), options_, handle_, draining_);
        open_.insert(&s);
        if (draining_) s.close();
        try {
            co_await s.run();
        } catch (const std::exception& cause) {
            log::error(fmt::format("connection: {}", cause.what()));
        }
        open_.erase(&s);
        count_.release();
    }

    awaitable<void> watch_deadlines() {
        asio::steady_timer timer(loop_);
        for (;;) {
            timer.expires_after(deadline_check_interval);
            co_await timer.async_wait(asio::use_awaitable);
            const auto at = session::clock::now();
            for (auto* s : open_) s->enforce_deadline(at);
        }
    }

    asio::io_context& loop_;
    const server_options& options_;
    const handler& handle_;
    connection_counter& count_;
    bool draining_ = false;
    std::unordered_set<session*> open_;
};

class tcp_server final : public server {
public:
    tcp_server(event_loops& loops, const server_options& options)
        : loops_(loops), options_(options), acceptors_(open_acceptors(loops.at(0), options_.endpoints)) {
        for (const auto& a : acceptors_) {
            const auto at = a.local_endpoint();
            endpoints_.push_back({at.address().to_string(), at.port()});
        }
        for (std::size_t i = 0; i < loops.size(); ++i)
            per_loop_.push_back(std::make_unique<connections>(loops.at(i), options_, handle_, count_));
    }

    ~tcp_server() override {
        require(!loops_.is_running(), "the loops end before the server whose coroutines they hold");
    }
    tcp_server(const tcp_server&) = delete;
    tcp_server& operator=(const tcp_server&) = delete;

    const std::vector<endpoint>& endpoints() const override { return endpoints_; }

    void start(handler h) override {
        require(!handle_, "a server is started once");
        handle_ = std::move(h);
        for (auto& c : per_loop_) c->start();
        for (auto& a : acceptors_) spawn(loops_.at(0).get_executor(), accept(a));
    }

    bool drain(std::chrono::seconds deadline) override {
        require(!loops_.is_on_loop(), "a loop that waits for itself never ends");
        on_every_loop([this](connections& c) {
            if (&c == per_loop_.front().get()) close_acceptors();
            c.drain();
        });
        if (count_.wait_for_none(deadline)) return true;
        on_every_loop([](connections& c) { c.close_all(); });
        count_.wait_for_none(std::chrono::milliseconds(200));
        return false;
    }

private:
    void close_acceptors() {
        boost::system::error_code ignored;
        for (auto& a : acceptors_) a.close(ignored);
    }

    awaitable<void> accept(tcp::acceptor& acceptor) {
        for (std::size_t turn = 0;; turn = (turn + 1) % loops_.size()) {
            tcp_socket socket(loops_.at(turn).get_executor());
            const auto [cause] = co_await acceptor.async_accept(socket, use_tuple);
            if (!acceptor.is_open()) co_return;
            if (cause) {  // no file descriptors, or the client has gone
                log_.warning(cause.message(), fmt::format("a connection could not be accepted: {}", cause.message()));
                asio::steady_timer pause(loops_.at(0), accept_retry_delay);
                co_await pause.async_wait(use_tuple);
                continue;
            }
            if (!count_.try_acquire(options_.connections_max)) {
                reject_connection(socket);
                continue;
            }
            asio::post(loops_.at(turn), [c = per_loop_[turn].get(), socket = std::move(socket)]() mutable {
                c->serve(std::move(socket));
            });
        }
    }

    void reject_connection(tcp_socket& socket) {
        const problem full{problem_kind::too_many_connections,
                           counted(options_.connections_max, "connection is", "connections are") + " open already"};
        std::string text;
        append_response(text, to_response(full, "-"), "-", std::nullopt, {false, true, false});
        boost::system::error_code ignored;
        socket.non_blocking(true, ignored);
        socket.write_some(asio::buffer(text), ignored);
        socket.shutdown(asio::socket_base::shutdown_both, ignored);
    }

    // Runs `work` on every loop. Returns when all have finished it.
    template <class Work>
    void on_every_loop(Work work) {
        std::latch done(static_cast<std::ptrdiff_t>(loops_.size()));
        for (std::size_t i = 0; i < loops_.size(); ++i) {
            asio::post(loops_.at(i), [&, c = per_loop_[i].get()] {
                work(*c);
                done.count_down();
            });
        }
        done.wait();
    }

    event_loops& loops_;
    const server_options options_;
    std::vector<tcp::acceptor> acceptors_;
    std::vector<endpoint> endpoints_;
    handler handle_;
    connection_counter count_;
    log_throttle log_;
    std::vector<std::unique_ptr<connections>> per_loop_;
};

}  // namespace

std::unique_ptr<server> listen(event_loops& loops, const server_options& options) {
    return std::make_unique<tcp_server>(loops, options);
}

}  // namespace confab::http
