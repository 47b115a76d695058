#include "app/engines.hpp"

#include <fmt/core.h>

#include "app/password_file.hpp"
#include "base/block_on.hpp"
#include "base/log.hpp"
#include "base/require.hpp"
#include "search/elastic/index_definition.hpp"

namespace confab::app {
namespace {

using std::chrono::milliseconds;

milliseconds ms(const settings& s, std::string_view name) {
    return milliseconds(s.number(name));
}

engine_url url_of_engine(const settings& s, std::string_view engine, std::string_view scheme,
                         std::uint16_t default_port) {
    auto where = engine_url::parse(s.text(engine), scheme, default_port);
    add_password(s, engine, where);
    return where;
}

search::elastic_index_options of_cluster(search::elastic_index_options o, const std::string& cluster) {
    o.cluster = cluster;
    if (!cluster.empty()) o.alias = search::search_alias_of(cluster);
    return o;
}

}  // namespace

bool is_cluster(const settings& s) {
    return !s.text("mysql").empty() || !s.text("redis").empty() || !s.text("elasticsearch").empty();
}

bool has_search_index(const settings& s) {
    return !s.text("elasticsearch").empty();
}

ledger::mysql::mysql_options mysql_options_of(const settings& s, asio::any_io_executor read_pool) {
    ledger::mysql::mysql_options o;
    o.url = s.text("mysql");
    o.password = url_of_engine(s, "mysql", "mysql", 3306).password;
    o.read_pool = std::move(read_pool);
    o.connections_max = s.number("mysql-connections-max");
    o.query_timeout = ms(s, "mysql-timeout-ms");
    return o;
}

redis::client_options redis_options_of(const settings& s) {
    return {.where = url_of_engine(s, "redis", "redis", 6379), .reply_timeout = ms(s, "redis-timeout-ms")};
}

search::elastic_index_options index_options_of(const settings& s, const std::string& cluster) {
    search::elastic_index_options o;
    o.engine.where = url_of_engine(s, "elasticsearch", "http", 9200);
    o.engine.response_timeout = ms(s, "elasticsearch-timeout-ms");
    return of_cluster(std::move(o), cluster);
}

engines engines_of(const settings& s) {
    for (const auto* name : {"mysql", "redis"})
        if (s.text(name).empty())
            throw usage_error(fmt::format("a cluster needs --mysql and --redis: --{} is missing", name));
    engines all{mysql_options_of(s, {}), redis_options_of(s), std::nullopt};
    if (has_search_index(s)) all.index = index_options_of(s, {});
    return all;
}

ledger::mysql::mysql_options engines::mysql_on(asio::any_io_executor read_pool) const {
    auto o = mysql;
    o.read_pool = std::move(read_pool);
    return o;
}

search::elastic_index_options engines::index_of(const std::string& cluster) const {
    require(index.has_value(), "a search index is configured");
    return of_cluster(*index, cluster);
}

void warn_of_unreachable_index(const engines& named) {
    if (!named.index) return;
    const auto& options = named.index->engine;
    const auto engine = elastic::make_client(options);
    const auto answered = block_on(engine->send(elastic::request(elastic::verb::get, "/")));
    if (answered) return;
    log::warning(
        fmt::format("Elasticsearch at {} does not answer: until it answers, searches read whole chats, which is slower "
                    "and may exceed the time limit, and the search index is not filled",
                    options.where.redacted()));
}

}  // namespace confab::app
