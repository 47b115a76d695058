#include "app/engines.hpp"

#include <fmt/core.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>

#include "app/password_file.hpp"

namespace confab::app {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds redis_wait{10'000};
constexpr milliseconds redis_look_again{50};

// The policy's name; nothing when Redis did not answer in time.
awaitable<std::optional<std::string>> eviction_policy(const redis::client_options& options) {
    const auto loop = co_await asio::this_coro::executor;
    const auto client = redis::make_client(loop, options);
    const redis::arguments ask{"CONFIG", "GET", "maxmemory-policy"};
    asio::steady_timer pause(loop);
    for (auto left = redis_wait; left > milliseconds(0); left -= redis_look_again) {
        const auto reply = co_await client->execute(ask);
        if (reply && reply->is_array_of(2)) co_return reply->items[1].text;
        if (reply && reply->is_error() && !reply->text.starts_with("LOADING")) co_return reply->text;
        pause.expires_after(redis_look_again);
        co_await pause.async_wait(asio::use_awaitable);
    }
    co_return std::nullopt;
}

milliseconds ms(const settings& s, std::string_view name) {
    return milliseconds(s.number(name));
}

engine_url where_is(const settings& s, std::string_view engine, std::string_view scheme, std::uint16_t default_port) {
    auto where = engine_url::parse(s.text(engine), scheme, default_port);
    add_password(s, engine, where);
    return where;
}

}  // namespace

bool is_cluster(const settings& s) {
    return !s.text("mysql").empty() || !s.text("redis").empty() || !s.text("elasticsearch").empty();
}

void require_engines(const settings& s) {
    for (const auto* name : {"mysql", "redis"})
        if (s.text(name).empty())
            throw usage_error(fmt::format("a cluster needs --mysql and --redis: --{} is missing", name));
}

bool has_search_index(const settings& s) {
    return !s.text("elasticsearch").empty();
}

ledger::mysql::mysql_options mysql_options_of(const settings& s, asio::any_io_executor read_pool) {
    ledger::mysql::mysql_options o;
    o.url = s.text("mysql");
    o.password = where_is(s, "mysql", "mysql", 3306).password;
    o.read_pool = std::move(read_pool);
    o.connections_max = s.number("mysql-connections-max");
    o.query_timeout = ms(s, "mysql-timeout-ms");
    return o;
}

redis::client_options redis_options_of(const settings& s) {
    return {.where = where_is(s, "redis", "redis", 6379), .reply_timeout = ms(s, "redis-timeout-ms")};
}

search::elastic_index_options index_options_of(const settings& s) {
    search::elastic_index_options o;
    o.engine.where = where_is(s, "elasticsearch", "http", 9200);
    o.engine.answer_timeout = ms(s, "elasticsearch-timeout-ms");
    return o;
}

void require_redis_that_keeps(const settings& s) {
    const auto options = redis_options_of(s);
    asio::io_context here;
    auto asking = asio::co_spawn(here, eviction_policy(options), asio::use_future);
    while (asking.wait_for(std::chrono::seconds(0)) != std::future_status::ready) here.run_one();
    const auto policy = asking.get();
    if (!policy) throw startup_error(fmt::format("{} does not answer", options.where.shown()));
    if (*policy != "noeviction")
        throw startup_error(fmt::format("{} has maxmemory-policy '{}': only with noeviction does it keep every command",
                                        options.where.shown(), *policy));
}

}  // namespace confab::app
