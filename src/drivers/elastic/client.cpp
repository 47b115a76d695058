#include "drivers/elastic/client.hpp"

#include <fmt/core.h>
#include <openssl/evp.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/json/parse.hpp>

#include "base/failure_note.hpp"
#include "base/log.hpp"
#include "base/log_throttle.hpp"
#include "drivers/elastic/connections.hpp"

namespace confab::elastic {
namespace {

namespace http = boost::beast::http;
namespace json = boost::json;
using boost::system::error_code;
using clock = std::chrono::steady_clock;

constexpr std::size_t answer_depth_max = 64;
constexpr std::size_t reason_bytes_max = 400;  // of an engine's words in the log

http::verb wire_verb(verb v) {
    switch (v) {
        case verb::get:
            return http::verb::get;
        case verb::put:
            return http::verb::put;
        case verb::post:
            return http::verb::post;
        case verb::erase:
            return http::verb::delete_;
    }
    std::abort();
}

std::string base64(std::string_view text) {
    std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
    const auto size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    out.resize(static_cast<std::size_t>(size));
    return out;
}

std::string host_field(const engine_url& where) {
    const bool is_ipv6 = where.host.find(':') != std::string::npos;
    return is_ipv6 ? fmt::format("[{}]:{}", where.host, where.port) : fmt::format("{}:{}", where.host, where.port);
}

// The other side had closed the connection before it saw the request.
bool is_stale(const connection::exchanged& e) {
    return !e.is_begun && (e.fault == http::error::end_of_stream || e.fault == asio::error::eof ||
                           e.fault == asio::error::connection_reset || e.fault == asio::error::broken_pipe ||
                           e.fault == asio::error::connection_aborted);
}

const json::value* member(const json::value& of, std::string_view name) {
    const auto* object = of.if_object();
    return object ? object->if_contains(name) : nullptr;
}

std::string words_of(const error_code& fault, std::chrono::milliseconds limit) {
    if (fault == boost::beast::error::timeout) return fmt::format("timed out after {} ms", limit.count());
    return fault.message();
}

// Whether the engine is to be asked at all.
class availability {
public:
    availability(const client_options& o, std::string name)
        : rest_(o.rest_after_failure),
          rest_max_(o.rest_max),
          try_(o.connect_timeout + o.answer_timeout),
          name_(std::move(name)) {}

    enum class leave { refused, given, to_try };  // refused: it failed a moment ago; to_try: for all others

    leave ask() {
        auto until = rests_until_.load();
        if (until == never) return leave::given;
        const auto at = clock::now().time_since_epoch().count();
        if (at < until) return leave::refused;
        const auto tried_by = at + clock::duration(try_).count();
        return rests_until_.compare_exchange_strong(until, tried_by) ? leave::to_try : leave::refused;
    }

    void answered() {
        if (rests_until_.exchange(never) == never) return;
        failures_ = 0;
        if (log_.admit("answers", clock::now())) log::info(fmt::format("{} answers again", name_));
    }

    void failed(leave with, std::string_view why) {
        const auto before = with == leave::to_try ? ++failures_ : failures_.load();
        const auto rest = std::min(rest_max_, rest_ * (1 << std::min(before, 10)));
        const auto until = (clock::now() + rest).time_since_epoch().count();
        if (rests_until_.exchange(until) == never) log_.warning(why, fmt::format("{} does not answer: {}", name_, why));
    }

private:
    static constexpr clock::rep never = 0;

    const std::chrono::milliseconds rest_, rest_max_, try_;
    const std::string name_;
    std::atomic<clock::rep> rests_until_ = never;
    std::atomic<int> failures_ = 0;  // of those that tried, one after the other
    log_throttle log_;
};

class http_client final : public client {
public:
    explicit http_client(client_options options)
        : options_(std::move(options)),
          name_(fmt::format("Elasticsearch at {}", options_.where.shown())),
          host_(host_field(options_.where)),
          login_(options_.where.user.empty() ? ""
                                             : "Basic " + base64(options_.where.user + ":" + options_.where.password)),
          prefix_(options_.where.path.empty() ? "" : "/" + options_.where.path),
          kept_(std::make_shared<connections_options>(
              connections_options{options_.connections_max, options_.wait_for_connection, options_.idle_max})),
          availability_(options_, name_) {}

    awaitable<result<answer>> send(request r) override {
        const auto leave = availability_.ask();
        if (leave == availability::leave::refused) co_return error::unavailable;
        const auto loop = co_await asio::this_coro::executor;
        const auto mine = connections::of(kept_, loop.context());
        auto taken = co_await mine->take();
        if (!taken) {
            note_failure("all connections are in use");
            co_return error::unavailable;
        }
        const auto wired = wire(r);
        const auto limit = r.timeout.value_or(options_.answer_timeout);
        auto done = co_await exchange(**taken, wired, r.is_repeatable, limit);
        if (done.fault) {
            const auto why = words_of(done.fault, done.is_of_connecting ? options_.connect_timeout : limit);
            note_failure(why);
            availability_.failed(leave, why);
            co_return error::unavailable;
        }
        availability_.answered();
        co_return understood(r, std::move(done.response));
    }

    std::string last_failure() const override { return failure_.get(); }
    void note_failure(std::string_view why) override { failure_.set(fmt::format("{}: {}", name_, why)); }

private:
    wire_request wire(request& r) const {
        wire_request w(wire_verb(r.verb), prefix_ + r.target, 11);
        w.set(http::field::host, host_);
        if (!login_.empty()) w.set(http::field::authorization, login_);
        if (!r.body.empty()) w.set(http::field::content_type, "application/json");
        w.body() = std::move(r.body);
        w.prepare_payload();
        return w;
    }

    awaitable<connection::exchanged> exchange(std::unique_ptr<connection>& on, const wire_request& r,
                                              bool is_repeatable, std::chrono::milliseconds limit) {
        if (on) {
            auto done = co_await on->exchange(r, options_.answer_bytes_max, limit);
            if (!is_repeatable || !is_stale(done)) co_return done;
        }
        const auto loop = co_await asio::this_coro::executor;
        on = std::make_unique<connection>(loop);
        connection::exchanged none;
        none.fault = co_await on->open(options_.where.host, options_.where.port, options_.connect_timeout);
        none.is_of_connecting = none.fault.failed();
        if (none.fault) co_return none;
        co_return co_await on->exchange(r, options_.answer_bytes_max, limit);
    }

    result<answer> understood(const request& r, wire_response response) {
        answer a{response.result_int(), nullptr};
        json::parse_options limits;
        limits.max_depth = answer_depth_max;
        error_code not_json;
        if (!response.body().empty()) a.body = json::parse(response.body(), not_json, {}, limits);
        const bool is_busy = a.status == 429 || a.status >= 500;
        if (!not_json && !is_busy) {
            failure_.clear();
            return a;
        }
        const auto why = fmt::format("answered {}: {}", a.status, not_json ? "it is not JSON" : a.reason());
        note_failure(why);
        log_.warning(fmt::format("{}", a.status), fmt::format("{} {} ({})", name_, why, r.target));
        return error::unavailable;
    }

    const client_options options_;
    const std::string name_, host_, login_, prefix_;
    const std::shared_ptr<const connections_options> kept_;
    availability availability_;
    failure_note failure_;
    log_throttle log_;
};

}  // namespace

std::string_view answer::error_type() const {
    const auto* failure = member(body, "error");
    const auto* type = failure ? member(*failure, "type") : nullptr;
    const auto* text = type ? type->if_string() : nullptr;
    return text ? std::string_view(*text) : std::string_view();
}

std::string answer::reason() const {
    const auto* failure = member(body, "error");
    const auto* words = failure ? member(*failure, "reason") : nullptr;
    const auto* text = words ? words->if_string() : failure ? failure->if_string() : nullptr;
    return text ? std::string(std::string_view(*text).substr(0, reason_bytes_max)) : std::string();
}

std::unique_ptr<client> make_client(client_options options) {
    return std::make_unique<http_client>(std::move(options));
}

}  // namespace confab::elastic
