#include "drivers/elastic/client.hpp"

#include <fmt/core.h>
#include <openssl/evp.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/json/parse.hpp>

#include "base/log.hpp"
#include "base/log_throttle.hpp"
#include "base/recent_failure.hpp"
#include "drivers/connection_pool.hpp"
#include "drivers/elastic/connection.hpp"

namespace confab::elastic {
namespace {

namespace http = boost::beast::http;
namespace json = boost::json;
using boost::system::error_code;
using clock = std::chrono::steady_clock;

constexpr std::size_t response_depth_max = 64;
constexpr std::size_t reason_bytes_max = 400;  // of the engine's reason in a log line

http::verb http_verb(verb v) {
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

// The server closed the connection before it read the request.
bool is_stale(const connection::exchange_result& e) {
    return !e.is_response_started && (e.fault == http::error::end_of_stream || e.fault == asio::error::eof ||
                                      e.fault == asio::error::connection_reset || e.fault == asio::error::broken_pipe ||
                                      e.fault == asio::error::connection_aborted);
}

const json::value* member(const json::value& of, std::string_view name) {
    const auto* object = of.if_object();
    return object ? object->if_contains(name) : nullptr;
}

std::string error_text(const error_code& fault, std::chrono::milliseconds limit) {
    if (fault == boost::beast::error::timeout) return fmt::format("timed out after {} ms", limit.count());
    return fault.message();
}

// Decides whether a request may be sent to the engine.
class circuit_breaker {
public:
    circuit_breaker(const client_options& o, std::string name)
        : cooldown_(o.cooldown_after_failure),
          cooldown_max_(o.cooldown_max),
          probe_timeout_(o.connect_timeout + o.response_timeout),
          name_(std::move(name)) {}

    enum class permission { denied, granted, probe };  // denied: during the cooldown; probe: a single trial request

    permission acquire() {
        auto until = open_until_.load();
        if (until == never) return permission::granted;
        const auto at = clock::now().time_since_epoch().count();
        if (at < until) return permission::denied;
        const auto probe_until = at + clock::duration(probe_timeout_).count();
        return open_until_.compare_exchange_strong(until, probe_until) ? permission::probe : permission::denied;
    }

    void on_success() {
        if (open_until_.exchange(never) == never) return;
        failures_ = 0;
        if (log_.admit("answers", clock::now())) log::info(fmt::format("{} answers again", name_));
    }

    void on_failure(permission with, std::string_view why) {
        const auto before = with == permission::probe ? ++failures_ : failures_.load();
        const auto cooldown = std::min(cooldown_max_, cooldown_ * (1 << std::min(before, 10)));
        const auto until = (clock::now() + cooldown).time_since_epoch().count();
        if (open_until_.exchange(until) == never) log_.warning(why, fmt::format("{} does not answer: {}", name_, why));
    }

private:
    static constexpr clock::rep never = 0;

    const std::chrono::milliseconds cooldown_, cooldown_max_, probe_timeout_;
    const std::string name_;
    std::atomic<clock::rep> open_until_ = never;
    std::atomic<int> failures_ = 0;  // consecutive failed probes
    log_throttle log_;
};

class http_client final : public client {
public:
    explicit http_client(client_options options)
        : options_(std::move(options)),
          name_(fmt::format("Elasticsearch at {}", options_.where.redacted())),
          host_(host_and_port(options_.where.host, options_.where.port)),
          login_(options_.where.user.empty() ? ""
                                             : "Basic " + base64(options_.where.user + ":" + options_.where.password)),
          prefix_(options_.where.path.empty() ? "" : "/" + options_.where.path),
          connection_limits_(std::make_shared<connection_limits>(
              connection_limits{options_.connections_max, options_.wait_for_connection, options_.idle_max})),
          circuit_breaker_(options_, name_) {}

    awaitable<result<response>> send(request r) override {
        const auto permission = circuit_breaker_.acquire();
        if (permission == circuit_breaker::permission::denied) co_return error::unavailable;
        const auto loop = co_await asio::this_coro::executor;
        auto taken = co_await connection_pool<connection>::of(connection_limits_, loop.context())->take();
        if (!taken) {
            note_failure("all connections are in use");
            co_return error::unavailable;
        }
        const auto http_request = make_http_request(r);
        const auto limit = r.timeout.value_or(options_.response_timeout);
        auto done = co_await exchange(taken->connection(), http_request, r.is_idempotent, limit);
        if (done.fault) {
            const auto why = error_text(done.fault, done.is_connect_error ? options_.connect_timeout : limit);
            note_failure(why);
            circuit_breaker_.on_failure(permission, why);
            co_return error::unavailable;
        }
        circuit_breaker_.on_success();
        co_return parse_response(r, std::move(done.message));
    }

    std::string last_failure() const override { return failure_.get(); }
    void note_failure(std::string_view why) override { failure_.set(fmt::format("{}: {}", name_, why)); }

private:
    wire_request make_http_request(request& r) const {
        wire_request w(http_verb(r.verb), prefix_ + r.target, 11);
        w.set(http::field::host, host_);
        if (!login_.empty()) w.set(http::field::authorization, login_);
        if (!r.body.empty()) w.set(http::field::content_type, "application/json");
        w.body() = std::move(r.body);
        w.prepare_payload();
        return w;
    }

    awaitable<connection::exchange_result> exchange(std::unique_ptr<connection>& on, const wire_request& r,
                                                    bool is_idempotent, std::chrono::milliseconds limit) {
        if (on) {
            auto done = co_await on->exchange(r, options_.response_bytes_max, limit);
            if (!is_idempotent || !is_stale(done)) co_return done;
        }
        const auto loop = co_await asio::this_coro::executor;
        on = std::make_unique<connection>(loop);
        connection::exchange_result none;
        none.fault = co_await on->open(options_.where.host, options_.where.port, options_.connect_timeout);
        none.is_connect_error = none.fault.failed();
        if (none.fault) co_return none;
        co_return co_await on->exchange(r, options_.response_bytes_max, limit);
    }

    result<response> parse_response(const request& r, wire_response message) {
        response a{message.result_int(), nullptr};
        json::parse_options limits;
        limits.max_depth = response_depth_max;
        error_code not_json;
        if (!message.body().empty()) a.body = json::parse(message.body(), not_json, {}, limits);
        const bool is_busy = a.status == 429 || a.status >= 500;
        if (!not_json && !is_busy) {
            failure_.clear();
            return a;
        }
        const auto why = fmt::format("answered {}: {}", a.status, not_json ? "the body is not JSON" : a.reason());
        note_failure(why);
        log_.warning(fmt::format("{}", a.status), fmt::format("{} {} ({})", name_, why, r.target));
        return error::unavailable;
    }

    const client_options options_;
    const std::string name_, host_, login_, prefix_;
    const std::shared_ptr<const connection_limits> connection_limits_;
    circuit_breaker circuit_breaker_;
    recent_failure failure_;
    log_throttle log_;
};

}  // namespace

std::string_view response::error_type() const {
    const auto* failure = member(body, "error");
    const auto* type = failure ? member(*failure, "type") : nullptr;
    const auto* text = type ? type->if_string() : nullptr;
    return text ? std::string_view(*text) : std::string_view();
}

std::string response::reason() const {
    const auto* failure = member(body, "error");
    const auto* words = failure ? member(*failure, "reason") : nullptr;
    const auto* text = words ? words->if_string() : failure ? failure->if_string() : nullptr;
    return text ? std::string(std::string_view(*text).substr(0, reason_bytes_max)) : std::string();
}

std::unique_ptr<client> make_client(client_options options) {
    return std::make_unique<http_client>(std::move(options));
}

}  // namespace confab::elastic
