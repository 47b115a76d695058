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
inline constexpr std::size_t recent_pages_bytes = 32 * 1024 * 1024;

std::size_t threads_of(const settings& s);
// Throws startup_error: too few files may be opened.
http::server_options server_options_of(const settings& s, const listen_address& where);
// `follower`: of the search index, which hears what each commit changed, and outlives the writer; or null.
write::batch_options batch_options_of(const settings& s, write::index_follower* follower);

void ignore_signals_of_failures();

// Writes what was printed. Throws startup_error: whoever waits for it would never get it.
void flush_output();

// From its making on, SIGTERM and SIGINT end the program in an orderly way; a second one changes nothing.
class stop_signals {
public:
    void wait();

private:
    boost::asio::io_context waiting_;
    boost::asio::signal_set signals_{waiting_, SIGTERM, SIGINT};
};

}  // namespace confab::app
