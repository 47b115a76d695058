#include "app/serve.hpp"

#include <fmt/core.h>
#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <csignal>
#include <cstdio>
#include <future>
#include <thread>

#include "api/routes.hpp"
#include "app/listen_address.hpp"
#include "app/version.hpp"
#include "base/error.hpp"
#include "base/event_loops.hpp"
#include "base/log.hpp"
#include "http/server.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "queue/local/local_queue.hpp"
#include "search/scan/scan.hpp"
#include "write/batch_writer.hpp"

namespace confab::app {
namespace {

std::size_t threads_of(const settings& s) {
    const auto wanted = s.number("threads");
    return wanted > 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
}

// As far as an unprivileged process may; the limit that then holds.
std::size_t raise_open_files_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

// Connections may use the file descriptors that the rest of the program leaves: SQLite's, at most four for each thread
// that uses it, and some.
std::size_t connections_max_of(const settings& s) {
    const std::size_t wanted = s.number("connections-max");
    const std::size_t reserved = 32 + 4 * (threads_of(s) + s.number("read-threads") + 1);
    const std::size_t files = raise_open_files_limit();
    if (files <= reserved)
        throw startup_error(fmt::format("the limit of open files is {}: at least {} are needed", files, reserved + 1));
    if (wanted <= files - reserved) return wanted;
    log::warning(fmt::format("connections-max is {}, but the limit of open files ({}) leaves {}", wanted, files,
                             files - reserved));
    return files - reserved;
}

http::server_options server_options_of(const settings& s, const listen_address& where) {
    return {.address = where.host,
            .port = where.port,
            .connections_max = connections_max_of(s),
            .header_bytes_max = s.number("header-bytes-max"),
            .body_bytes_max = s.number("body-bytes-max"),
            .idle_timeout = std::chrono::seconds(s.number("idle-timeout-s")),
            .request_timeout = std::chrono::seconds(s.number("request-timeout-s")),
            .write_timeout = std::chrono::seconds(s.number("write-timeout-s"))};
}

write::batch_options batch_options_of(const settings& s) {
    return {.limits = {s.number("batch-commands-max"), s.number("batch-bytes-max")},
            .rules = {.keep_keys = std::chrono::hours(s.number("keep-keys-h"))}};
}

// The parts of a standalone server, in the order they depend on each other; taken down in the reverse.
class standalone {
public:
    explicit standalone(const settings& s)
        : where_(listen_address::parse(s.text("listen"))),
          drain_timeout_(s.number("drain-timeout-s")),
          read_pool_(s.number("read-threads")),
          ledger_(open_ledger(s)),
          queue_(queue::make_local_queue({s.number("queue-commands-max"), s.number("queue-bytes-max")})),
          search_(search::make_scan(ledger_->reader())),
          services_{ledger_->reader(), *queue_, *search_, s.number("json-depth-max"),
                    std::chrono::milliseconds(s.number("search-time-max-ms"))},
          loops_(threads_of(s)),
          server_(http::listen(loops_, server_options_of(s, where_))),
          batch_options_(batch_options_of(s)) {}

    // Also when the start failed halfway.
    ~standalone() { stop(); }
    standalone(const standalone&) = delete;
    standalone& operator=(const standalone&) = delete;

    void start() {
        asio::co_spawn(writer_loop_.at(0), write::write_batches(*queue_, ledger_->writer(), batch_options_),
                       [this](std::exception_ptr failure) { writer_ended(failure); });
        writer_loop_.start();
        is_writing_ = true;
        server_->start([this](http::request& r) { return api::dispatch(services_, r); });
        loops_.start();
        is_serving_ = true;
    }

    void announce() const {
        const auto url = where_.url(server_->port());
        fmt::print("{}\nlistening on {}\ndata in {}\n", version_line(), url, ledger_->folder().string());
        fmt::print("try: curl -X POST {}/apps -d name=hello\n", url);
        std::fflush(stdout);
    }

    // Whether everything in flight was answered. Once is enough.
    bool stop() {
        const bool whole = !std::exchange(is_serving_, false) || server_->drain(drain_timeout_);
        ledger_->close_reads();
        queue_->close();
        if (std::exchange(is_writing_, false)) writer_done_.get_future().wait();
        writer_loop_.stop();
        loops_.stop();
        read_pool_.join();
        return whole;
    }

private:
    std::unique_ptr<ledger::sqlite_ledger> open_ledger(const settings& s) {
        require_protected(where_, s.text("auth"));
        return ledger::open_sqlite_ledger({s.text("data"), read_pool_.get_executor()});
    }

    void writer_ended(std::exception_ptr failure) {
        try {
            if (failure) std::rethrow_exception(failure);
        } catch (const std::exception& cause) {
            // Without its writer the server could only refuse. A crash loses nothing that was acknowledged, and a
            // restart mends it.
            log::error(fmt::format("the batch writer failed, the process ends: {}", cause.what()));
            std::abort();
        }
        writer_done_.set_value();
    }

    const listen_address where_;
    const std::chrono::seconds drain_timeout_;
    asio::thread_pool read_pool_;
    std::unique_ptr<ledger::sqlite_ledger> ledger_;
    std::unique_ptr<queue::local_queue> queue_;
    std::unique_ptr<search::port> search_;
    const api::services services_;
    event_loops writer_loop_{1};
    event_loops loops_;
    std::unique_ptr<http::server> server_;
    const write::batch_options batch_options_;
    std::promise<void> writer_done_;
    bool is_writing_ = false;
    bool is_serving_ = false;
};

// From its making on, SIGTERM and SIGINT end the server in an orderly way; a second one changes nothing.
class stop_signals {
public:
    void wait() {
        signals_.async_wait([](const boost::system::error_code&, int) {});
        waiting_.run();
    }

private:
    asio::io_context waiting_;
    asio::signal_set signals_{waiting_, SIGTERM, SIGINT};
};

}  // namespace

int serve(const settings& s) {
    std::signal(SIGXFSZ, SIG_IGN);  // a file size limit is an error to answer, not a reason to die
    std::signal(SIGPIPE, SIG_IGN);
    stop_signals signals;
    standalone server(s);
    server.start();
    server.announce();
    signals.wait();
    log::info("stopping: no new connections; finishing what is in flight");
    if (!server.stop()) log::warning("stopped; some requests were broken off at the drain deadline");
    return 0;
}

}  // namespace confab::app
