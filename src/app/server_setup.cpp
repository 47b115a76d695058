#include "app/server_setup.hpp"

#include <fmt/core.h>
#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>
#include <thread>

#include "app/engines.hpp"
#include "app/host_names.hpp"
#include "base/error.hpp"
#include "base/log.hpp"

namespace confab::app {
namespace {

// Raises the soft limit to the hard limit. Returns the new limit.
std::size_t raise_open_files_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

// Client connections get the file descriptors that the rest of the program does not need. SQLite needs at most four for
// each thread and each of its two files. Each loop has connections to the engines. Some more are reserved.
std::size_t connections_max_of(const settings& s) {
    const std::size_t wanted = s.number("connections-max");
    // Connections to MySQL, Redis and Elasticsearch per loop.
    const std::size_t engines = is_cluster(s) ? s.number("mysql-connections-max") + 16 : 0;
    const std::size_t reserved = 32 + (8 + engines) * (threads_of(s) + s.number("read-threads") + 2);
    const std::size_t files = raise_open_files_limit();
    if (files <= reserved)
        throw startup_error(fmt::format("the limit of open files is {}: at least {} are needed", files, reserved + 1));
    if (wanted <= files - reserved) return wanted;
    log::warning(fmt::format("connections-max is {}, but the limit of open files ({}) leaves {}", wanted, files,
                             files - reserved));
    return files - reserved;
}

bool is_ignored(int signal) {
    struct sigaction now{};
    return sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

std::size_t threads_of(const settings& s) {
    const auto wanted = s.number("threads");
    return wanted > 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
}

http::server_options server_options_of(const settings& s, const std::vector<listen_address>& where) {
    std::vector<http::endpoint> endpoints;
    endpoints.reserve(where.size());
    for (const auto& each : where) endpoints.push_back({each.host, each.port, each.is_of_localhost});
    return {.endpoints = std::move(endpoints),
            .connections_max = connections_max_of(s),
            .header_bytes_max = s.number("header-bytes-max"),
            .body_bytes_max = s.number("body-bytes-max"),
            .idle_timeout = std::chrono::seconds(s.number("idle-timeout-s")),
            .request_timeout = std::chrono::seconds(s.number("request-timeout-s")),
            .write_timeout = std::chrono::seconds(s.number("write-timeout-s")),
            .allowed_hosts = parse_host_names(s.text("allowed-hosts"))};
}

write::batch_options batch_options_of(const settings& s, search::index_follower* follower, commit_listener listener) {
    const auto committed = [follower, listener = std::move(listener)](const core::batch_effects& effects) {
        if (listener) listener(effects);
        if (follower) follower->committed(effects);
    };
    return {.limits = {s.number("batch-commands-max"), s.number("batch-bytes-max")},
            .rules = {.keep_keys = std::chrono::hours(s.number("keep-keys-h"))},
            .committed = committed};
}

api::feed feed_of(const settings& s, live::hub& hub, ledger::readers& readers, api::stream_quota& quota) {
    return {.hub = hub,
            .readers = readers,
            .quota = quota,
            .buffer_bytes_max = s.number("stream-buffer-bytes-max"),
            .ping = std::chrono::seconds(s.number("stream-ping-s")),
            .lifetime = std::chrono::seconds(s.number("stream-lifetime-s"))};
}

void ignore_broken_pipes() {
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
}

std::string listening_lines(const http::server& server) {
    std::string lines;
    for (const auto& each : server.endpoints()) lines += fmt::format("listening on http://{}\n", each.text());
    return lines;
}

std::string example_line(const http::server& server) {
    return fmt::format("try: curl -X POST http://{}/apps -d name=hello\n", server.endpoints().front().text());
}

void flush_output() {
    if (std::fflush(stdout) != 0)
        throw startup_error(
            fmt::format("the standard output cannot be written: {}", std::generic_category().message(errno)));
}

stop_signals::stop_signals() {
    for (const int each : {SIGINT, SIGHUP, SIGXCPU})
        if (!is_ignored(each)) signals_.add(each);
}

bool stop_signals::wait() {
    bool is_received = false;
    signals_.async_wait([&](const boost::system::error_code&, int) { is_received = true; });
    context_.run();
    return is_received;
}

}  // namespace confab::app
