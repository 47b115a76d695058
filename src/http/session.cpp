// Reads use the socket only when the parser needs more bytes. A response is written immediately if the socket accepts
// it. So a request that arrives in one piece costs one read and one write. The reads of a pipeline share one write. A
// deadline is a time in the session, which its loop checks periodically. There is no timer per operation. At its
// deadline a connection is closed, but a request that arrives too slowly gets a response.
#include "http/session.hpp"

#include <fmt/core.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <cerrno>
#include <optional>

#include "base/error.hpp"
#include "base/event_loops.hpp"
#include "base/hex.hpp"
#include "base/log.hpp"
#include "base/log_throttle.hpp"
#include "base/random.hpp"
#include "http/cross_origin.hpp"
#include "http/gzip.hpp"
#include "http/problem.hpp"
#include "http/request_parser.hpp"
#include "http/socket_options.hpp"

namespace confab::http {
namespace {

namespace beast = boost::beast::http;

constexpr std::size_t read_bytes = 8 * 1024;
constexpr std::size_t kept_response_bytes_max = 64 * 1024;
constexpr std::size_t pipelined_bytes_max = 64 * 1024;  // of responses that wait for the next one
constexpr std::chrono::seconds linger_min{2};

constexpr std::chrono::seconds client_check_interval{1};
constexpr std::size_t request_id_max = 128;

bool is_valid_request_id(std::string_view id) {
    return !id.empty() && id.size() <= request_id_max &&
           std::ranges::all_of(id, [](char c) { return c > ' ' && c < 127; });
}

void append_request_id(std::string& out) {
    std::array<std::byte, 8> drawn;
    fill_random(drawn);
    append_hex(out, drawn);
}

problem problem_of(boost::system::error_code cause, const server_options& options) {
    if (cause == beast::error::body_limit)
        return {problem_kind::too_large, fmt::format("the body is limited to {} bytes", options.body_bytes_max)};
    if (cause == beast::error::header_limit)
        return {problem_kind::header_too_large,
                fmt::format("the header is limited to {} bytes", options.header_bytes_max)};
    return {problem_kind::malformed, fmt::format("not HTTP: {}", cause.message())};
}

problem timeout_problem(const server_options& options) {
    return {problem_kind::request_timeout,
            fmt::format("a request must arrive within {} s (--request-timeout-s)", options.request_timeout.count())};
}

void log_aborted_response(std::string_view request_id, std::string_view why) {
    static log_throttle log;
    log.error(why, fmt::format("request {}: the response is aborted: {}", request_id, why));
}

// An exception of the source becomes an error. The header is already sent, so the response can only be aborted.
awaitable<piece> next_piece(response& r, std::string_view request_id) {
    try {
        auto next = co_await r.more();
        if (!next) log_aborted_response(request_id, next.error().message());
        co_return next;
    } catch (const std::exception& cause) {
        log_aborted_response(request_id, cause.what());
    }
    co_return error::unavailable;
}

// The handler of a slot refers to the coroutines that answer the request.
struct slot_clearer {
    asio::cancellation_signal& of;

    ~slot_clearer() { of.slot().clear(); }
};

// Beast's limits do not cover chunk extensions and the trailer.
const problem endless_line{problem_kind::header_too_large, "a chunk's extension or the trailer is too long"};

}  // namespace

// The current request, and the bytes of the next ones that have arrived.
struct session::request_reader {
    explicit request_reader(const server_options& options)
        : parser({options.header_bytes_max, options.body_bytes_max}) {}

    void begin() {
        parser.begin();
        continue_sent = false;
    }

    // Parses the bytes that were read. True: the request is complete.
    bool parse(boost::system::error_code& cause) { return !skip_empty_lines() && parser.parse(buffer, cause); }

    bool is_empty() const { return buffer.size() == 0 && !parser.has_begun(); }
    bool is_head() const { return parser.method() == verb::head; }

    // Skips empty lines before a request (RFC 9112, 2.2). True: the buffer has only the first half of one.
    bool skip_empty_lines() {
        if (parser.has_begun()) return false;
        const auto rest = [this] {
            return std::string_view(static_cast<const char*>(buffer.data().data()), buffer.size());
        };
        while (rest().starts_with("\r\n")) buffer.consume(2);
        return rest() == "\r";
    }

    boost::beast::flat_buffer buffer;
    request_parser parser;
    bool continue_sent = false;
};

session::session(tcp_socket socket, const server_options& options, const handler& handle, const bool& draining)
    : socket_(std::move(socket)), options_(options), handle_(handle), draining_(draining) {}

session::~session() {
    close();
}

awaitable<void> session::run() {
    boost::system::error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    limit_unsent_bytes(socket_.native_handle());
    socket_.non_blocking(true, ignored);
    request_reader r(options_);
    while (keep_alive_ && socket_.is_open()) {
        r.begin();
        if (!co_await read_request(r)) break;
        co_await serve_one(r);
        if (!keep_alive_ && socket_.is_open()) co_await linger();
    }
    close();
}

// False: the connection cannot be used any more.
awaitable<bool> session::read_request(request_reader& r) {
    r.skip_empty_lines();
    if (draining_ && r.is_empty()) {
        co_await flush_responses();
        co_await linger();
        co_return false;
    }
    wait_for_request(r);
    bool is_checked = false;
    for (;;) {
        boost::system::error_code cause;
        const bool whole = r.parse(cause);
        auto wrong = cause ? std::optional(problem_of(cause, options_)) : std::nullopt;
        if (!wrong && r.parser.has_header() && !std::exchange(is_checked, true)) wrong = r.parser.framing_problem();
        if (!wrong && r.buffer.size() > options_.header_bytes_max && !whole) wrong = endless_line;
        if (wrong) {
            co_await refuse(*wrong, r);
            co_return false;
        }
        if (whole) break;
        if (r.is_empty() && phase_ != phase::idle) wait_for_request(r);
        if (!out_.empty()) {
            if (!co_await flush_responses()) co_return false;
            wait_for_request(r);
        }
        if (!r.continue_sent && r.parser.wants_continue()) {
            r.continue_sent = true;
            if (const auto unwanted = cross_origin_problem(r.parser.request(), options_.allowed_hosts)) {
                co_await refuse(*unwanted, r);
                co_return false;
            }
            if (!co_await write("HTTP/1.1 100 Continue\r\n\r\n")) co_return false;
            wait_for_request(r);
        }
        // Lets other handlers of this loop run first. Often the next request has arrived by then, and the read does not
        // wait.
        co_await asio::post(asio::use_awaitable);
        const auto [failed, length] = co_await socket_.async_read_some(r.buffer.prepare(read_bytes), use_tuple);
        event_loops::count_handler();
        // The session may have been closed during the read. Then no response could be sent, so nothing may be done.
        if (!socket_.is_open()) co_return false;
        if (phase_ == phase::timed_out) {
            co_await refuse(timeout_problem(options_), r);
            co_return false;
        }
        if (failed) co_return false;
        r.buffer.commit(length);
        if (phase_ == phase::idle) wait_for_request(r);
    }
    phase_ = phase::responding;
    deadline_ = clock::time_point::max();
    co_return true;
}

// Sets a new deadline for the rest of the request.
void session::wait_for_request(const request_reader& r) {
    phase_ = r.is_empty() ? phase::idle : phase::receiving;
    deadline_ = clock::now() + (phase_ == phase::idle ? options_.idle_timeout : options_.request_timeout);
}

awaitable<void> session::serve_one(request_reader& r) {
    const auto begun = clock::now();
    auto& request = r.parser.request();
    // Responses to reads wait for the requests behind them and share one write. A commit never delays a response, so a
    // write request flushes them first.
    const bool is_read = request.method == verb::get || request.method == verb::head;
    if (!is_read && !out_.empty() && !co_await flush_responses()) co_return;
    const auto id = request.find("Request-Id");
    if (id && is_valid_request_id(*id))
        request.id = *id;
    else
        append_request_id(request.id);
    keep_alive_ = r.parser.keep_alive();
    request.cancelled = cancellation_.slot();
    response reply;
    const slot_clearer until_answered{cancellation_};
    try {
        if (const auto wrong = cross_origin_problem(request, options_.allowed_hosts))
            reply = to_response(*wrong, request.id);
        else
            reply = co_await handle_(request);
        gzip_if_worthwhile(request, reply);
    } catch (const std::exception& cause) {
        log::error(fmt::format("request {}: {}", request.id, cause.what()));
        reply = to_response({problem_kind::internal, "see the server's log for this request_id"}, request.id);
    }
    const bool supports_chunked = r.parser.is_http_1_1();
    if (draining_ || (reply.more && !supports_chunked)) keep_alive_ = false;
    const framing f{keep_alive_, supports_chunked, request.method == verb::head};
    append_response(out_, reply, request.id, clock::now() - begun, f);
    std::string().swap(reply.body);  // a long body is not held twice while the client reads it
    if (reply.more && !f.is_head) {
        co_await write_pieces(reply, request.id, f);
        clear_responses();
    } else if (r.buffer.size() == 0 || out_.size() >= pipelined_bytes_max || !keep_alive_) {
        const auto rest = send(out_);
        if (rest && !rest->empty()) co_await write_remaining(*rest);
        clear_responses();
    }
}

// Writes the pending responses. False: the connection is closed.
awaitable<bool> session::flush_responses() {
    const bool sent = out_.empty() || co_await write(out_);
    clear_responses();
    co_return sent;
}

void session::clear_responses() {
    out_.clear();
    if (out_.capacity() > kept_response_bytes_max) std::string().swap(out_);
}

// Until the complete body is written, any end of the connection resets it. Otherwise a client could take a part for the
// complete body, because an orderly close ends an HTTP/1.0 body.
awaitable<void> session::write_pieces(response& r, std::string_view id, const framing& f) {
    reset_on_close(true);
    if (!co_await write(out_)) co_return close();
    clear_responses();
    if (cancellation_.slot().has_handler()) limit_unacknowledged_time(socket_.native_handle(), options_.write_timeout);
    for (;;) {
        auto next = co_await next_piece(r, id);
        if (!next) co_return close();
        if (!*next) break;
        append_piece(out_, **next, f);
        if (!co_await write(out_)) co_return close();
        out_.clear();
    }
    append_end(out_, f);
    if (!co_await write(out_)) co_return close();
    reset_on_close(false);
}

// A long response may send nothing for a while. Then only a read shows that the client has closed its side. The bytes
// of a next request hide that.
bool session::has_client_closed(clock::time_point at) {
    if (at < looks_at_client_at_) return false;
    looks_at_client_at_ = at + client_check_interval;
    char next = 0;
    const auto length = recv(socket_.native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT);
    return length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR);
}

// Sends as much as the socket accepts now, and returns the rest. Nothing: the connection is closed.
std::optional<std::string_view> session::send(std::string_view text) {
    boost::system::error_code cause;
    while (!text.empty()) {
        text.remove_prefix(socket_.write_some(asio::buffer(text), cause));
        if (cause == asio::error::would_block) break;
        if (!cause) continue;
        keep_alive_ = false;
        return std::nullopt;
    }
    return text;
}

// False: the connection is closed.
awaitable<bool> session::write(std::string_view text) {
    const auto rest = send(text);
    if (!rest) co_return false;
    if (rest->empty()) co_return true;
    co_return co_await write_remaining(*rest);
}

// Writes as fast as the client reads. Any progress sets a new deadline. Afterwards there is no deadline.
awaitable<bool> session::write_remaining(std::string_view text) {
    phase_ = phase::responding;
    while (!text.empty()) {
        deadline_ = clock::now() + options_.write_timeout;
        const auto [failed, sent] = co_await socket_.async_write_some(asio::buffer(text), use_tuple);
        event_loops::count_handler();
        if (failed) keep_alive_ = false;
        if (failed) co_return false;
        text.remove_prefix(sent);
    }
    deadline_ = clock::time_point::max();
    co_return true;
}

awaitable<void> session::refuse(const problem& p, const request_reader& r) {
    phase_ = phase::responding;
    keep_alive_ = false;
    std::string id;
    append_request_id(id);
    append_response(out_, to_response(p, id), id, std::nullopt, {false, true, r.is_head()});
    if (co_await write(out_)) co_await linger();
}

// Closing a connection with unread bytes resets it, and the client may lose the response. So this side only shuts down
// its sending side, and drops the bytes that arrive. It ends when the client closes, or when linger_min has passed and
// the client has received everything.
awaitable<void> session::linger() {
    boost::system::error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
    lingers_until_ = clock::now() + linger_min;
    deadline_ = clock::now() + std::max(options_.write_timeout, linger_min);
    char dropped[4096];
    for (;;) {
        const auto [cause, length] = co_await socket_.async_read_some(asio::buffer(dropped), use_tuple);
        if (cause) co_return;
    }
}

// Whether the client has acknowledged all sent bytes.
bool session::is_all_acknowledged() {
    int unacknowledged = 0;
    return ioctl(socket_.native_handle(), SIOCOUTQ, &unacknowledged) != 0 || unacknowledged == 0;
}

// The kernel also resets the connection if the process dies (socket(7), SO_LINGER).
void session::reset_on_close(bool is_on) {
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::linger(is_on, 0), ignored);
    resets_on_close_ = is_on;
}

void session::enforce_deadline(clock::time_point at) {
    if (!socket_.is_open()) return;
    if (phase_ == phase::responding && cancellation_.slot().has_handler() && (draining_ || has_client_closed(at)))
        cancel_response();
    if (at >= lingers_until_ && is_all_acknowledged()) return close();
    if (at < deadline_) return;
    if (phase_ == phase::idle || phase_ == phase::responding) return close();
    phase_ = phase::timed_out;
    boost::system::error_code ignored;
    socket_.cancel(ignored);  // read_request() answers; if it only starts to wait now, at the next check
}

void session::drain() {
    phase_ == phase::idle ? close() : cancel_response();
}

void session::close() {
    keep_alive_ = false;
    cancel_response();
    boost::system::error_code ignored;
    if (!resets_on_close_) socket_.shutdown(asio::socket_base::shutdown_both, ignored);
    socket_.close(ignored);
}

}  // namespace confab::http
