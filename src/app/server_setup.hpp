// Shared by all long-running commands: options of the HTTP server and of batches, output, and stop signals.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <functional>

#include "api/feed.hpp"
#include "app/listen_address.hpp"
#include "app/options.hpp"
#include "http/server.hpp"
#include "search/indexed/index_follower.hpp"
#include "write/batch_writer.hpp"

namespace confab::app {

// Size of the cache of recently sent pages.
inline constexpr std::size_t page_cache_bytes = 32 * 1024 * 1024;

std::size_t threads_of(const settings& s);
// Throws startup_error: the limit of open files is too low.
http::server_options server_options_of(const settings& s, const std::vector<listen_address>& where);
// Gets the effects of each commit.
using commit_listener = std::function<void(const core::batch_effects&)>;
// `follower`: the search index's; null: there is none. `listener` is called before it; it may be empty. REQUIRES: both
// outlive the writer.
write::batch_options batch_options_of(const settings& s, search::index_follower* follower, commit_listener listener);

// The live feed. REQUIRES: its parts outlive it.
api::feed feed_of(const settings& s, live::hub& hub, ledger::readers& readers, api::stream_quota& quota);

// Ignores SIGPIPE: a write to a closed connection must fail, not kill the process.
void ignore_broken_pipes();

// A line for each address that the server listens on, and a line with an example request.
std::string listening_lines(const http::server& server);
std::string example_line(const http::server& server);

// Flushes stdout. Throws startup_error: a program that waits for this output would never get it.
void flush_output();

// From its construction on, SIGTERM stops the program in an orderly way. So do SIGINT, SIGHUP (the terminal was closed)
// and SIGXCPU (the soft limit of processor time; at the hard limit the kernel kills), unless they were ignored at the
// start: nohup(1) ignores SIGHUP, and a shell ignores SIGINT for a background job. A second signal has no effect.
class stop_signals {
public:
    stop_signals();

    // Waits for a signal. False: cancel() was called.
    bool wait();
    // Makes wait() return. Any thread.
    void cancel() { context_.stop(); }

private:
    boost::asio::io_context context_;
    boost::asio::signal_set signals_{context_, SIGTERM};
};

}  // namespace confab::app
