#include "app/worker.hpp"

#include <fmt/core.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdio>
#include <cstdlib>
#include <future>

#include "app/engines.hpp"
#include "app/front.hpp"
#include "app/version.hpp"
#include "base/event_loops.hpp"
#include "base/log.hpp"
#include "queue/redis/codec.hpp"
#include "queue/redis/redis_queue.hpp"

namespace confab::app {
namespace {

class worker {
public:
    explicit worker(const settings& s)
        : read_pool_(s.number("read-threads")),
          ledger_(open_ledger(s)),
          queue_(queue::make_redis_receiver(loop_.at(0).get_executor(), ledger_->ownership(),
                                            {redis_options_of(s), ledger_->partitions()})),
          batch_options_(batch_options_of(s)) {}

    ~worker() { stop(); }
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    void start() {
        asio::co_spawn(loop_.at(0), run(), [this](std::exception_ptr failure) { ended(failure); });
        loop_.start();
        is_working_ = true;
    }

    void announce() const {
        fmt::print("{}\nworking on up to {} partitions\n", version_line(), ledger_->partitions());
        std::fflush(stdout);
    }

    // Finishes the batch in hand, and gives the partitions up.
    void stop() {
        queue_->close();
        if (std::exchange(is_working_, false)) done_.get_future().wait();
        loop_.stop();
        read_pool_.join();
    }

private:
    std::unique_ptr<ledger::mysql_worker> open_ledger(const settings& s) {
        require_engines(s);
        require_redis_that_keeps(s);
        ledger::mysql_worker_options options;
        options.lease = std::chrono::milliseconds(s.number("lease-ms"));
        options.commit_timeout = std::chrono::milliseconds(s.number("commit-timeout-ms"));
        options.describe = [](const core::command& c) { return queue::encode(c, {}, {}); };
        return ledger::open_mysql_worker(mysql_options_of(s, read_pool_.get_executor()), options);
    }

    awaitable<void> run() {
        co_await write::write_batches(*queue_, ledger_->writer(), batch_options_);
        co_await ledger_->ownership().release();
    }

    void ended(std::exception_ptr failure) {
        try {
            if (failure) std::rethrow_exception(failure);
        } catch (const std::exception& cause) {
            // Another worker takes over once the leases end, and reads again what this one did not settle.
            log::error(fmt::format("the batch writer failed, the process ends: {}", cause.what()));
            std::abort();
        }
        done_.set_value();
    }

    asio::thread_pool read_pool_;
    event_loops loop_{1};
    std::unique_ptr<ledger::mysql_worker> ledger_;
    std::unique_ptr<queue::redis_receiver> queue_;
    const write::batch_options batch_options_;
    std::promise<void> done_;
    bool is_working_ = false;
};

}  // namespace

int work(const settings& s) {
    ignore_signals_of_failures();
    stop_signals signals;
    worker w(s);
    w.start();
    w.announce();
    signals.wait();
    log::info("stopping: finishing the batch in hand");
    w.stop();
    return 0;
}

}  // namespace confab::app
