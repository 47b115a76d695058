#include "app/node.hpp"

#include <fmt/core.h>

#include "api/routes.hpp"
#include "app/base_path.hpp"
#include "app/engines.hpp"
#include "app/lease_warning.hpp"
#include "app/redis_startup_checks.hpp"
#include "app/server_setup.hpp"
#include "app/version.hpp"
#include "base/counted.hpp"
#include "base/engine_state.hpp"
#include "base/log.hpp"
#include "base/spawn.hpp"
#include "base/thread_pool.hpp"
#include "ledger/mysql/index_progress.hpp"
#include "live/ledger_poller.hpp"
#include "live/redis/hints.hpp"
#include "queue/redis/redis_queue.hpp"
#include "search/indexed/indexed.hpp"
#include "search/scan/scan.hpp"

namespace confab::app {
namespace {

// A node keeps no data. All nodes are equal, and can be added and removed at any time.
class node {
public:
    explicit node(const settings& s)
        : listen_addresses_(listen_address::parse(s.text("listen"))),
          base_path_(parse_base_path(s.text("base-path"))),
          drain_timeout_(s.number("drain-timeout-s")),
          answer_timeout_(s.number("answer-timeout-ms")),
          engines_(engines_of(s)),
          read_pool_(s.number("read-threads")),
          ledger_(open_ledger(s)),
          hub_(threads_of(s)),
          quota_(s.number("streams-max"), s.number("streams-per-app-max")),
          loops_(threads_of(s)),
          poller_(hub_, ledger_->reader(), api::event_texts(), loops_.at(0).get_executor()),
          queue_(queue::make_redis_sender(loops_, ledger_->command_status(), sender_options_of(s))),
          index_progress_(ledger::mysql::make_mysql_index_progress(engines_.mysql_on(read_pool_.get_executor()))),
          index_(engines_.index ? search::open_elastic_index(engines_.index_of(ledger_->cluster()), *index_progress_)
                                : nullptr),
          search_(index_ ? search::make_indexed(ledger_->reader(), index_->reader())
                         : search::make_scan(ledger_->reader())),
          feed_(feed_of(s, hub_, ledger_->reader(), quota_)),
          services_{ledger_->reader(),
                    ledger_->reader(),
                    *queue_,
                    *search_,
                    feed_,
                    s.number("json-depth-max"),
                    std::chrono::milliseconds(s.number("search-time-max-ms")),
                    pages_,
                    buffer_quota_,
                    read_pool_.get_executor(),
                    base_path_,
                    {&redis_state_, &ledger_->state()}},
          server_(http::listen(loops_, server_options_of(s, listen_addresses_))) {
        hub_.attach(loops_);
    }

    // Also after a failed start.
    ~node() { stop(); }
    node(const node&) = delete;
    node& operator=(const node&) = delete;

    void start() {
        warn_of_unreachable_index(engines_);
        spawn(loops_.at(0).get_executor(), warn_of_long_leases(*ledger_, answer_timeout_));
        spawn(loops_.at(0).get_executor(), poller_.run());
        hints_ = live::make_hint_receiver(
            loops_.at(0).get_executor(), redis_options(), ledger_->cluster(),
            {[this](std::span<const live::hint> hints) { poller_.hinted(hints); }, [this] { poller_.missed_hints(); }});
        server_->start([this](http::request& r) { return api::dispatch(services_, r); });
        ledger_->watch(loops_.at(0).get_executor());
        loops_.start();
        loops_.watch();
        is_serving_ = true;
    }

    void announce() const {
        fmt::print("{}\n{}an API node of a cluster of {}\n{}", version_line(), listening_lines(*server_),
                   counted(ledger_->partitions(), "partition"), example_line(*server_));
        flush_output();
    }

    // Returns whether all requests in flight were answered. May be called again.
    bool stop() {
        const bool whole = !std::exchange(is_serving_, false) || server_->drain(drain_timeout_);
        queue_->close();
        loops_.stop();
        read_pool_.join();
        return whole;
    }

private:
    std::unique_ptr<ledger::mysql::mysql_node> open_ledger(const settings& s) {
        require_protected(listen_addresses_, s.text("auth"));
        const auto redis = require_redis_noeviction(engines_.redis, unshown_policy_of(s));
        auto opened = ledger::mysql::open_mysql_node(engines_.mysql_on(read_pool_.get_executor()));
        warn_of_little_memory(engines_.redis, redis, opened->partitions(), s.number("queue-bytes-max"));
        return opened;
    }

    redis::client_options redis_options() {
        auto redis = engines_.redis;
        redis.state = &redis_state_;
        return redis;
    }

    queue::redis_sender_options sender_options_of(const settings& s) {
        return {.redis = redis_options(),
                .cluster = ledger_->cluster(),
                .partitions = ledger_->partitions(),
                .commands_max = s.number("queue-commands-max"),
                .bytes_max = s.number("queue-bytes-max"),
                .answer_deadline = std::chrono::milliseconds(s.number("answer-timeout-ms"))};
    }

    const std::vector<listen_address> listen_addresses_;
    const std::string base_path_;
    const std::chrono::seconds drain_timeout_;
    const std::chrono::milliseconds answer_timeout_;
    const engines engines_;
    thread_pool read_pool_;
    std::unique_ptr<ledger::mysql::mysql_node> ledger_;
    engine_state redis_state_{"Redis"};
    api::response_buffer_quota buffer_quota_;  // before the loops, whose last buffers return their quota to it
    live::hub hub_;                            // before the loops, too, whose last streams leave it
    api::stream_quota quota_;
    event_loops loops_;
    live::ledger_poller poller_;
    std::unique_ptr<live::hint_receiver> hints_;
    std::unique_ptr<queue::redis_sender> queue_;
    const std::unique_ptr<ledger::index_progress> index_progress_;
    const std::unique_ptr<search::elastic_index> index_;  // null: none is configured
    std::unique_ptr<search::port> search_;
    api::page_cache pages_{page_cache_bytes};
    const api::feed feed_;
    const api::services services_;
    std::unique_ptr<http::server> server_;
    bool is_serving_ = false;
};

}  // namespace

int serve_node(const settings& s) {
    ignore_broken_pipes();
    stop_signals signals;
    node server(s);
    server.start();
    server.announce();
    signals.wait();
    log::info("stopping: no new connections; completing requests in flight");
    if (!server.stop()) log::warning("stopped; some requests were aborted at the drain deadline");
    return 0;
}

}  // namespace confab::app
