#include "app/status_engines.hpp"

#include <fmt/core.h>

#include "base/block_on.hpp"
#include "base/log.hpp"
#include "base/require.hpp"
#include "drivers/redis/memory_settings.hpp"
#include "drivers/redis/role.hpp"
#include "ledger/mysql/schema.hpp"
#include "ledger/mysql/server.hpp"
#include "ledger/mysql/server_requirements.hpp"
#include "search/elastic/state.hpp"

namespace confab::app {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds redis_connect_timeout{3000};

awaitable<void> query_ledger(mysql::connection& db, cluster_report& r, engine_report& engine) {
    const auto server = co_await ledger::mysql::server_state_of(db);
    engine.version = server.version;
    engine.role = server.role;
    engine.latency = server.latency;
    const auto refusal = co_await ledger::mysql::durability_refusal(db);
    engine.fault = refusal.value_or("");
    co_await ledger::mysql::require_newest(db);
    r.cluster = co_await ledger::mysql::identity_of(db);
    const auto states = co_await ledger::mysql::partition_states(db);
    for (const auto& state : states) r.partitions.push_back({state, std::nullopt});
    r.workers = co_await ledger::mysql::worker_states(db);
    r.dead_letters = co_await ledger::mysql::count_dead_letters(db);
}

awaitable<void> query_progress(mysql::connection& db, index_report& of, const ledger::index_id& index) {
    of.waiting = co_await ledger::mysql::index_notes_state_of(db);
    of.coverage = co_await ledger::mysql::index_coverage_of(db, index);
}

void report_role(const redis::reply& info, engine_report& engine) {
    const auto found = redis::parse_role(info);
    engine.role = redis::name_of(found.type);
    if (const auto why = redis::failure_of(found)) engine.fault = why->reason;
    if (!redis::is_in_cluster_mode(info.text)) return;
    engine.role = "cluster";
    engine.fault = "it is in cluster mode, which spreads the queue over several servers";
}

std::string fault_of(const result<redis::reply>& reply) {
    if (!reply) return "it does not answer";
    return reply->is_error() ? reply->text : "";
}

awaitable<void> query_redis(redis::client& client, cluster_report& r, engine_report& engine) {
    const redis::arguments ping{"PING"}, info{"INFO"};
    const auto begun = clock::now();
    const auto pong = co_await client.execute(ping);
    engine.latency = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - begun);
    engine.fault = fault_of(pong);
    if (!engine.fault.empty()) co_return;
    const auto found = co_await client.execute(info);
    if (!found) engine.fault = fault_of(found);
    if (!found) co_return;
    // A user without the right to INFO can still use the queue.
    const auto text = found->is_error() ? std::string() : found->text;
    report_role(*found, engine);
    engine.version = redis::info_field(text, "redis_version").value_or("");
    const auto used = redis::info_field(text, "used_memory");
    const auto settings = co_await redis::memory_settings_of(client, text);
    r.memory = redis_memory{used ? std::optional(redis::info_number(*used)) : std::nullopt, settings.max,
                            settings.policy.value_or("")};
}

awaitable<void> query_queue(redis::client& client, cluster_report& r, engine_report& engine) {
    const auto at = co_await queue::clock_ms(client);
    const auto streams = co_await queue::stream_states(client, r.cluster, r.partitions.size());
    if (!at || !streams) {
        engine.fault = "its streams cannot be read";
        co_return;
    }
    for (std::size_t i = 0; i < r.partitions.size(); ++i) {
        const auto& stream = (*streams)[i];
        r.partitions[i].waiting = stream;
        if (stream.oldest) r.partitions[i].oldest_age = queue::age_of(*stream.oldest, *at);
    }
}

awaitable<void> connect_and_query_redis(const redis::client_options& options, cluster_report& r,
                                        engine_report& engine) {
    const auto client = redis::make_client(co_await asio::this_coro::executor, options);
    const auto failed = co_await redis::wait_until_connected(*client, redis_connect_timeout);
    if (failed) engine.fault = failed->reason;
    if (failed) co_return;
    co_await query_redis(*client, r, engine);
    if (engine.fault.empty()) co_await query_queue(*client, r, engine);
}

}  // namespace

void ask_mysql(const ledger::mysql::mysql_options& options, cluster_report& r) {
    engine_report engine{"mysql", mysql::address::parse(options.url).name()};
    try {
        ledger::mysql::with_server(
            options, [&](mysql::connection& db) -> awaitable<void> { return query_ledger(db, r, engine); });
        if (engine.role == "read-only") engine.fault = "it is read-only: workers cannot write";
    } catch (const startup_error& cause) {
        engine.fault = cause.what();
    }
    r.engines.push_back(std::move(engine));
}

void ask_redis(const redis::client_options& named, cluster_report& r) {
    require(!r.engines.empty(), "MySQL is asked first: it has the number of partitions");
    auto options = named;
    options.is_refusal_logged = false;
    engine_report engine{"redis", options.where.redacted()};
    try {
        block_on(connect_and_query_redis(options, r, engine));
    } catch (const startup_error& cause) {
        engine.fault = cause.what();
    }
    r.engines.push_back(std::move(engine));
}

void ask_for_index(const engines& named, cluster_report& r) {
    require(!r.engines.empty(), "MySQL is asked first: it has the identity of the cluster");
    const auto options = named.index_of(r.cluster);
    auto found = block_on(search::state_of(options));
    r.engines.push_back({"elasticsearch", options.engine.where.redacted(), found.version, found.health, found.latency,
                         std::move(found.fault)});
    r.index.emplace(index_report{found.index});
    // The report already says that MySQL does not answer, or that no index is searchable.
    if (r.partitions.empty() || found.index.empty()) return;
    try {
        ledger::mysql::with_server(named.mysql, [&](mysql::connection& db) -> awaitable<void> {
            return query_progress(db, *r.index, found.id);
        });
    } catch (const startup_error& cause) {
        log::warning(fmt::format("the progress of the search index is unknown: {}", cause.what()));
    }
}

}  // namespace confab::app
