#include "app/serve.hpp"

#include <fmt/core.h>

#include "api/routes.hpp"
#include "app/address_space.hpp"
#include "app/base_path.hpp"
#include "app/engines.hpp"
#include "app/listen_address.hpp"
#include "app/node.hpp"
#include "app/server_setup.hpp"
#include "app/threads.hpp"
#include "app/version.hpp"
#include "base/block_on.hpp"
#include "base/error.hpp"
#include "base/event_loops.hpp"
#include "base/log.hpp"
#include "base/thread_pool.hpp"
#include "http/server.hpp"
#include "ledger/sqlite/sqlite_ledger.hpp"
#include "live/commit_events.hpp"
#include "queue/local/local_queue.hpp"
#include "search/indexed/indexed.hpp"
#include "search/scan/scan.hpp"
#include "search/sqlite/sqlite_index.hpp"

namespace confab::app {
namespace {

bool ignores_journal_gap(const settings& s) {
    const auto& choice = s.text("journal-gap");
    if (choice != "refuse" && choice != "ignore")
        throw usage_error(fmt::format("--journal-gap is '{}': it takes refuse or ignore", choice));
    return choice == "ignore";
}

// The components of a standalone server, in the order of their dependencies. They are stopped in reverse order.
class standalone {
public:
    explicit standalone(const settings& s)
        : listen_addresses_(listen_address::parse(s.text("listen"))),
          base_path_(parse_base_path(s.text("base-path"))),
          drain_timeout_(s.number("drain-timeout-s")),
          read_pool_(s.number("read-threads")),
          ledger_(open_ledger(s)),
          queue_(queue::make_local_queue({s.number("queue-commands-max"), s.number("queue-bytes-max")})),
          index_(search::open_sqlite_index({ledger_->folder(), ledger_->identity(), read_pool_.get_executor()})),
          index_source_(ledger_->reader_on(indexing_.executor())),
          follower_(*index_source_, index_->reader(), index_->writer(),
                    {s.number("index-after-messages"), std::chrono::milliseconds(s.number("index-pause-ms"))},
                    indexing_.executor()),
          is_indexed_(begin_index()),
          search_(is_indexed_ ? search::make_indexed(ledger_->reader(), index_->reader())
                              : search::make_scan(ledger_->reader())),
          feed_readers_(ledger_->reader_on(read_pool_.get_executor())),
          hub_(threads_of(s)),
          quota_(s.number("streams-max"), s.number("streams-per-app-max")),
          feed_(feed_of(s, hub_, *feed_readers_, quota_)),
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
                    base_path_},
          loops_(threads_of(s)),
          server_(http::listen(loops_, server_options_of(s, listen_addresses_))),
          batch_options_(
              batch_options_of(s, is_indexed_ ? &follower_ : nullptr, [this](const core::batch_effects& effects) {
                  live::publish_commit(hub_, api::event_texts(), effects);
              })) {
        hub_.attach(loops_);
    }

    // Also after a failed start.
    ~standalone() { stop(); }
    standalone(const standalone&) = delete;
    standalone& operator=(const standalone&) = delete;

    void start() {
        if (is_indexed_) indexing_.start(follower_);
        writing_.start(write::write_batches(*queue_, ledger_->writer(), batch_options_));
        server_->start([this](http::request& r) { return api::dispatch(services_, r); });
        loops_.start();
        loops_.watch();
        is_serving_ = true;
    }

    void announce() const {
        fmt::print("{}\n{}data in {}\n{}", version_line(), listening_lines(*server_), ledger_->folder().string(),
                   example_line(*server_));
        flush_output();
    }

    // Returns whether all requests in flight were answered. May be called again.
    bool stop() {
        const bool whole = !std::exchange(is_serving_, false) || server_->drain(drain_timeout_);
        ledger_->close_reads();
        queue_->close();
        writing_.wait();
        indexing_.stop();
        loops_.stop();
        read_pool_.join();
        return whole;
    }

private:
    std::unique_ptr<ledger::sqlite::sqlite_ledger> open_ledger(const settings& s) {
        require_protected(listen_addresses_, s.text("auth"));
        return ledger::sqlite::open_sqlite_ledger({.folder = s.text("data"),
                                                   .read_pool = read_pool_.get_executor(),
                                                   .ignores_journal_gap = ignores_journal_gap(s)});
    }

    // Returns whether the index can be searched. Checks an existing index before the ledger is written to.
    bool begin_index() {
        const auto begun = block_on(follower_.begin());
        if (!begun) log::warning("the search index is disabled until a restart: " + begun.error().message());
        return begun.has_value();
    }

    const std::vector<listen_address> listen_addresses_;
    const std::string base_path_;
    const std::chrono::seconds drain_timeout_;
    thread_pool read_pool_;
    std::unique_ptr<ledger::sqlite::sqlite_ledger> ledger_;
    std::unique_ptr<queue::local_queue> queue_;
    index_thread indexing_;
    std::unique_ptr<search::sqlite_index> index_;
    std::unique_ptr<ledger::readers> index_source_;
    search::index_follower follower_;
    const bool is_indexed_;
    std::unique_ptr<search::port> search_;
    std::unique_ptr<ledger::readers> feed_readers_;
    live::hub hub_;
    api::stream_quota quota_;
    const api::feed feed_;
    api::page_cache pages_{page_cache_bytes};
    api::response_buffer_quota buffer_quota_;
    const api::services services_;
    writer_thread writing_;
    event_loops loops_;
    std::unique_ptr<http::server> server_;
    write::batch_options batch_options_;
    bool is_serving_ = false;
};

}  // namespace

int serve(const settings& s) {
    if (is_cluster(s)) return serve_node(s);
    ignore_broken_pipes();
    require_address_space_to_start(s);
    stop_signals signals;
    standalone server(s);
    server.start();
    require_address_space_to_serve(s);
    server.announce();
    signals.wait();
    log::info("stopping: no new connections; completing requests in flight");
    if (!server.stop()) log::warning("stopped; some requests were aborted at the drain deadline");
    return 0;
}

}  // namespace confab::app
