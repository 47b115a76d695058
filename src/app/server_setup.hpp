// What every long-running command does alike: options of the HTTP front and of batches, and the signals that end it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "app/listen_address.hpp"
#include "app/options.hpp"
#include "http/server.hpp"
#include "write/batch_writer.hpp"
#include "write/index_follower.hpp"

namespace confab::app {

// Kept of pages that were sent lately.
inline constexpr std::size_t page_cache_bytes = 32 * 1024 * 1024;

std::size_t threads_of(const settings& s);
// Throws startup_error: too few files may be opened.
http::server_options server_options_of(const settings& s, const std::vector<listen_address>& where);
// `follower`: of the search index, which hears what each commit changed, and outlives the writer; or null.
write::batch_options batch_options_of(const settings& s, write::index_follower* follower);

// A client that is gone is an error to handle, not a reason to die.
void ignore_broken_pipes();

// A line for each address that the server listens on, and one to try it with.
std::string listening_lines(const http::server& server);
std::string example_line(const http::server& server);

// Writes what was printed. Throws startup_error: whoever waits for it would never get it.
void flush_output();

// From its making on, SIGTERM ends the program in an orderly way. So do SIGINT, SIGHUP (the terminal is gone) and
// SIGXCPU (the soft limit of processor time; at the hard one the kernel kills), unless whoever started the program had
// them ignored: nohup(1) does that with SIGHUP, a shell with the SIGINT of a background job. A second signal changes
// nothing.
class stop_signals {
public:
    stop_signals();

    // Whether a signal came; false: cancel() was called.
    bool wait();
    // Nobody needs to wait any more. Any thread.
    void cancel() { context_.stop(); }

private:
    boost::asio::io_context context_;
    boost::asio::signal_set signals_{context_, SIGTERM};
};

}  // namespace confab::app
