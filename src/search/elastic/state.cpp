#include "search/elastic/state.hpp"

#include <fmt/core.h>

#include "search/elastic/index_locator.hpp"

namespace confab::search {
namespace {

namespace json = boost::json;
using clock = std::chrono::steady_clock;

std::string text_at(const json::value& in, std::string_view pointer) {
    boost::system::error_code none;
    const auto* found = in.find_pointer(pointer, none);
    const auto* text = found ? found->if_string() : nullptr;
    return text ? std::string(*text) : std::string();
}

awaitable<void> read_engine(elastic::client& engine, elastic_state& s) {
    const auto begun = clock::now();
    const auto response = co_await engine.send(elastic::request(elastic::verb::get, "/"));
    s.latency = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - begun);
    if (!response)
        s.fault = engine.last_failure();
    else if (!response->is_ok())
        s.fault = fmt::format("it refuses requests ({}): {}", response->status, response->reason());
    else
        s.version = text_at(response->body, "/version/number");
}

awaitable<void> read_health(elastic::client& engine, elastic_state& s) {
    const auto health =
        co_await engine.send(elastic::request(elastic::verb::get, fmt::format("/_cluster/health/{}", s.index)));
    if (health && health->is_ok()) s.health = text_at(health->body, "/status");
}

awaitable<void> read_index(elastic::client& engine, const elastic_index_options& options, elastic_state& s) {
    const auto found = co_await describe(engine, options.alias);
    if (!found) {
        s.fault = engine.last_failure();
        co_return;
    }
    s.index = found->index.name;
    s.id = found->index.id;
    if (const auto refusal = reason_not_to_search(*found, options.cluster))
        s.fault = fmt::format("the index {} {}", s.index, *refusal);
    co_await read_health(engine, s);
    if (s.health == "red" && s.fault.empty())
        s.fault = fmt::format("the index {} has unassigned primary shards", s.index);
}

}  // namespace

awaitable<elastic_state> state_of(const elastic_index_options& options) {
    elastic_state s;
    const auto engine = elastic::make_client(options.engine);
    co_await read_engine(*engine, s);
    if (!s.fault.empty()) co_return s;
    if (options.alias.empty())
        co_await read_health(*engine, s);
    else
        co_await read_index(*engine, options, s);
    co_return s;
}

}  // namespace confab::search
