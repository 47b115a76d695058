// Reads go to the socket only when the parser wants more, and a response is written at once where the socket takes it:
// a request that arrives in one piece costs one read and one write. Deadlines are a time in the session, looked at by
// its loop now and then, not a timer per operation.
#include "http/session.hpp"

#include <fmt/core.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "base/log.hpp"
#include "base/random.hpp"
#include "http/gzip.hpp"
#include "http/problem.hpp"

namespace confab::http {
namespace {

namespace beast = boost::beast::http;

constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_bytes = 8 * 1024;
constexpr std::size_t kept_response_bytes_max = 64 * 1024;
constexpr std::chrono::seconds linger_min{2};

// How much the kernel keeps for a slow client (tcp(7), TCP_NOTSENT_LOWAT). Without it some megabytes, and no progress
// is seen until a third of them are taken.
using unsent_bytes_max = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;

verb verb_of(beast::verb v) {
    switch (v) {
        case beast::verb::get:
            return verb::get;
        case beast::verb::head:
            return verb::head;
        case beast::verb::post:
            return verb::post;
        case beast::verb::put:
            return verb::put;
        case beast::verb::delete_:
            return verb::delete_;
        case beast::verb::options:
            return verb::options;
        default:
            return verb::other;
    }
}

constexpr std::size_t request_id_max = 128;

bool is_sane_id(std::string_view id) {
    return !id.empty() && id.size() <= request_id_max &&
           std::ranges::all_of(id, [](char c) { return c > ' ' && c < 127; });
}

std::string make_request_id() {
    std::array<std::byte, 8> drawn;
    fill_random(drawn);
    std::string id;
    id.reserve(drawn.size() * 2);
    for (const auto b : drawn) {
        id += "0123456789abcdef"[static_cast<unsigned>(b) >> 4];
        id += "0123456789abcdef"[static_cast<unsigned>(b) & 15];
    }
    return id;
}

problem problem_of(boost::system::error_code cause, const server_options& options) {
    if (cause == beast::error::body_limit)
        return {problem_kind::too_large, fmt::format("the body is limited to {} bytes", options.body_bytes_max)};
    if (cause == beast::error::header_limit)
        return {problem_kind::header_too_large,
                fmt::format("the header is limited to {} bytes", options.header_bytes_max)};
    return {problem_kind::malformed, fmt::format("not HTTP: {}", cause.message())};
}

// How long it took to begin the answer, for a Server-Timing header: milliseconds.
std::string timing(session::clock::duration took) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    return fmt::format("total;dur={}.{:03}", us / 1000, us % 1000);
}

// Beast's limits leave out what stands between the chunks of a body.
const problem endless_line{problem_kind::header_too_large, "a chunk's extension or the trailer is too long"};

}  // namespace

// One request being read. The header is taken as soon as it is whole, so that no trailer field can pass for one of it
// (RFC 9110, 6.5.1).
struct session::reading {
    using parser_type = beast::request_parser<beast::string_body>;

    // A new request in what is left of the one before.
    void begin(const server_options& options) {
        parser.emplace();
        parser->header_limit(static_cast<std::uint32_t>(options.header_bytes_max));
        parser->body_limit(options.body_bytes_max);
        asked.reset();
        continue_sent = false;
    }

    // Lets the parser have what was read; true: the request is whole.
    bool parse(boost::system::error_code& cause) {
        if (skip_empty_lines()) return false;
        while (buffer.size() > 0 && !parser->is_done()) {
            const auto used = parser->put(buffer.data(), cause);
            buffer.consume(used);
            if (cause == beast::error::need_more) {
                cause = {};
                break;
            }
            if (cause) return false;
            if (parser->is_header_done() && !asked) take_header();
        }
        return parser->is_done();
    }

    bool is_empty() const { return buffer.size() == 0 && !parser->got_some(); }

    // Lets empty lines before a request pass (RFC 9112, 2.2). True: half of one is there, and nothing else.
    bool skip_empty_lines() {
        if (parser->got_some()) return false;
        const auto rest = [this] {
            return std::string_view(static_cast<const char*>(buffer.data().data()), buffer.size());
        };
        while (rest().starts_with("\r\n")) buffer.consume(2);
        return rest() == "\r";
    }

    bool wants_continue() const {
        return asked && !continue_sent && parser->get().version() >= 11 &&
               boost::beast::iequals(parser->get()[beast::field::expect], "100-continue");
    }

    // What the parser lets pass, but leaves unclear whom the request is for or where it ends (RFC 9112, 3.2, 6.1
    // and 6.3).
    std::optional<problem> framing_problem() const {
        const bool is_http_1_1 = parser->get().version() >= 11;
        if (is_http_1_1 && asked->count("Host") != 1) return problem{problem_kind::malformed, "send one Host header"};
        const auto encodings = asked->count("Transfer-Encoding");
        const bool is_chunked = encodings == 1 && boost::beast::iequals(*asked->find("Transfer-Encoding"), "chunked");
        if (encodings > 0 && !(is_http_1_1 && is_chunked))
            return problem{problem_kind::malformed, "Transfer-Encoding can only be chunked here, and only in HTTP/1.1"};
        return std::nullopt;
    }

    boost::beast::flat_buffer buffer;
    std::optional<parser_type> parser;
    std::optional<request> asked;  // once the header is whole; its body last
    bool continue_sent = false;

private:
    void take_header() {
        const auto& message = parser->get();
        asked.emplace();
        asked->method = verb_of(message.method());
        asked->target = message.target();
        asked->headers.reserve(8);
        for (const auto& field : message) asked->headers.push_back({field.name_string(), field.value()});
        const auto id = asked->find("Request-Id");
        asked->id = id && is_sane_id(*id) ? std::string(*id) : make_request_id();
        parser->eager(true);  // from here on there is nothing to stop for
    }
};

session::session(tcp_socket socket, const server_options& options, const handler& answer, const bool& draining)
    : socket_(std::move(socket)), options_(options), answer_(answer), draining_(draining) {}

session::~session() = default;

awaitable<void> session::run() {
    boost::system::error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.set_option(unsent_bytes_max(128 * 1024), ignored);
    socket_.non_blocking(true, ignored);
    reading r;
    while (keep_alive_ && socket_.is_open()) {
        r.begin(options_);
        if (!co_await read_request(r)) break;
        co_await serve_one(r);
        if (!keep_alive_ && socket_.is_open()) co_await linger();
    }
    close();
}

// False: the connection is of no more use.
awaitable<bool> session::read_request(reading& r) {
    r.skip_empty_lines();
    idle_ = r.is_empty();
    if (draining_ && idle_) {
        co_await linger();
        co_return false;
    }
    deadline_ = clock::now() + (idle_ ? options_.idle_timeout : options_.request_timeout);
    bool is_checked = false;
    for (;;) {
        boost::system::error_code cause;
        const bool whole = r.parse(cause);
        auto wrong = cause ? std::optional(problem_of(cause, options_)) : std::nullopt;
        if (!wrong && r.asked && !std::exchange(is_checked, true)) wrong = r.framing_problem();
        if (!wrong && r.buffer.size() > options_.header_bytes_max && !whole) wrong = endless_line;
        if (wrong) {
            co_await refuse(*wrong);
            co_return false;
        }
        if (whole) break;
        idle_ = r.is_empty();
        if (r.wants_continue()) {
            r.continue_sent = true;
            if (!co_await write("HTTP/1.1 100 Continue\r\n\r\n")) co_return false;
            deadline_ = clock::now() + options_.request_timeout;
        }
        if (!co_await fill(r)) co_return false;
    }
    deadline_ = clock::time_point::max();
    co_return true;
}

awaitable<bool> session::fill(reading& r) {
    const auto [cause, length] = co_await socket_.async_read_some(r.buffer.prepare(read_bytes), as_tuple);
    // It may have been closed between the read and this line; then nobody could be answered any more, and nothing may
    // be done.
    if (cause || !socket_.is_open()) co_return false;
    r.buffer.commit(length);
    if (std::exchange(idle_, false)) deadline_ = clock::now() + options_.request_timeout;
    co_return true;
}

awaitable<void> session::serve_one(reading& r) {
    const auto& message = r.parser->get();
    const bool is_http_1_1 = message.version() >= 11;
    keep_alive_ = message.keep_alive();
    auto& asked = *r.asked;
    asked.body = std::move(r.parser->get().body());
    auto reply = co_await answered(asked);
    if (draining_ || (reply.more && !is_http_1_1)) keep_alive_ = false;
    const framing f{keep_alive_, is_http_1_1, asked.method == verb::head};
    out_.clear();
    append_response(out_, reply, asked.id, f);
    std::string().swap(reply.body);  // a long answer is not held twice while it is taken
    if (!reply.more || f.is_head) {
        co_await write(out_);
    } else {
        co_await write_pieces(reply, f);
    }
    if (out_.capacity() > kept_response_bytes_max) std::string().swap(out_);
}

awaitable<response> session::answered(request& r) {
    const auto begun = clock::now();
    try {
        auto reply = co_await answer_(r);
        reply.headers.push_back({"Server-Timing", timing(clock::now() - begun)});
        gzip_if_it_pays(r, reply);
        co_return reply;
    } catch (const std::exception& cause) {
        log::error(fmt::format("request {}: {}", r.id, cause.what()));
    }
    co_return to_response({problem_kind::internal, "see the server's log for this request_id"}, r.id);
}

awaitable<void> session::write_pieces(response& r, const framing& f) {
    for (;;) {
        if (!co_await write(out_)) co_return;
        out_.clear();
        auto next = co_await r.more();
        if (!next) {
            break_off();
            co_return;
        }
        if (!*next) break;
        append_piece(out_, **next, f);
    }
    append_end(out_, f);
    co_await write(out_);
}

// False: the connection is gone.
awaitable<bool> session::write(std::string_view text) {
    boost::system::error_code cause;
    while (!text.empty()) {
        const auto sent = socket_.write_some(asio::buffer(text), cause);
        text.remove_prefix(sent);
        if (cause == asio::error::would_block) break;
        if (cause) {
            keep_alive_ = false;
            co_return false;
        }
    }
    if (text.empty()) co_return true;
    co_return co_await write_slowly(text);
}

// As the client takes it; every bit of progress gives it time anew.
awaitable<bool> session::write_slowly(std::string_view text) {
    while (!text.empty()) {
        deadline_ = clock::now() + options_.write_timeout;
        const auto [failed, sent] = co_await socket_.async_write_some(asio::buffer(text), as_tuple);
        if (failed) keep_alive_ = false;
        if (failed) co_return false;
        text.remove_prefix(sent);
    }
    deadline_ = clock::time_point::max();
    co_return true;
}

awaitable<void> session::refuse(const problem& p) {
    keep_alive_ = false;
    const auto id = make_request_id();
    out_.clear();
    append_response(out_, to_response(p, id), id, {false, true, false});
    if (co_await write(out_)) co_await linger();
}

// Closing a connection while bytes of the client are unread resets it, and may take the answer from the client. So this
// side only says that it is done, and drops what comes until the client is done too, or has had everything and some
// time.
awaitable<void> session::linger() {
    boost::system::error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
    lingers_until_ = clock::now() + linger_min;
    deadline_ = clock::now() + std::max(options_.write_timeout, linger_min);
    char dropped[4096];
    for (;;) {
        const auto [cause, length] = co_await socket_.async_read_some(asio::buffer(dropped), as_tuple);
        if (cause) co_return;
    }
}

// Whether the client's side has acknowledged all that was sent.
bool session::all_arrived() {
    int unacknowledged = 0;
    return ioctl(socket_.native_handle(), SIOCOUTQ, &unacknowledged) != 0 || unacknowledged == 0;
}

// Ends a response in the middle so that nobody can take it for whole: with a reset, since the end of the connection
// ends an HTTP/1.0 body.
void session::break_off() {
    keep_alive_ = false;
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

void session::enforce_deadline(clock::time_point at) {
    if (!socket_.is_open()) return;
    if (at >= deadline_ || (at >= lingers_until_ && all_arrived())) close();
}

void session::close_if_idle() {
    if (idle_) close();
}

void session::close() {
    boost::system::error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_both, ignored);
    socket_.close(ignored);
}

}  // namespace confab::http
