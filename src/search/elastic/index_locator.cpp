#include "search/elastic/index_locator.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/digest.hpp"
#include "base/log_throttle.hpp"

namespace confab::search {
namespace {

namespace json = boost::json;

std::optional<ledger::index_id> id_in(const json::value& index_json) {
    boost::system::error_code none;
    const auto* uuid = index_json.find_pointer("/settings/index/uuid", none);
    const auto* text = uuid ? uuid->if_string() : nullptr;
    if (!text) return std::nullopt;
    const auto digest = digest_of({std::string_view(*text)});
    ledger::index_id id;
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

std::vector<std::string> search_aliases_in(const json::value& index_json, std::string_view name) {
    boost::system::error_code none;
    const auto* aliases = index_json.find_pointer("/aliases", none);
    const auto* all = aliases ? aliases->if_object() : nullptr;
    std::vector<std::string> found;
    if (!all) return found;
    for (const auto& one : *all)
        if (one.key() != write_alias_of(name)) found.emplace_back(one.key());
    return found;
}

// Nothing: the engine reports no UUID of the index.
std::optional<index_description> described_in(const json::key_value_pair& one) {
    const auto id = id_in(one.value());
    if (!id) return std::nullopt;
    const std::string name(one.key());
    const auto* mappings = one.value().as_object().if_contains("mappings");
    return index_description{{name, *id},
                             compare_definition(one.value()),
                             ledger_of(one.value()),
                             search_aliases_in(one.value(), name),
                             mappings ? *mappings : json::value()};
}

// Logs each reason at most once a minute.
error not_searched(elastic::client& engine, const std::string& target, std::string_view why) {
    static log_throttle log;
    log.warning(why, fmt::format("the search index {} {}: searches scan", target, why));
    engine.note_failure(fmt::format("the search index {} {}", target, why));
    return error::unavailable;
}

std::string reason_of(const elastic::response& r) {
    const auto reason = r.reason();
    return reason.empty() ? fmt::format("status {} without a reason", r.status) : reason;
}

}  // namespace

awaitable<result<index_description>> describe(elastic::client& engine, const std::string& target) {
    const auto reply = co_await engine.send(elastic::request(elastic::verb::get, fmt::format("/{}", target)));
    if (!reply) co_return reply.error();
    if (reply->status == 404) co_return not_searched(engine, target, "does not exist (`confab migrate` makes one)");
    const auto* all = reply->body.if_object();
    if (!reply->is_ok() || !all) co_return not_searched(engine, target, "cannot be read: " + reason_of(*reply));
    if (all->size() != 1) co_return not_searched(engine, target, "names several indexes");
    auto found = described_in(*all->begin());
    if (!found) co_return not_searched(engine, target, "cannot be read: it has no UUID");
    co_return std::move(*found);
}

awaitable<result<std::vector<index_description>>> describe_all(elastic::client& engine, const std::string& targets) {
    auto target = fmt::format("/{}?expand_wildcards=all&allow_no_indices=true&ignore_unavailable=true", targets);
    const auto reply = co_await engine.send(elastic::request(elastic::verb::get, std::move(target)));
    if (!reply) co_return reply.error();
    const auto* all = reply->body.if_object();
    if (!reply->is_ok() || !all) {
        engine.note_failure(fmt::format("looking for indexes: {}", reason_of(*reply)));
        co_return error::unavailable;
    }
    std::vector<index_description> found;
    for (const auto& one : *all) {
        auto index = described_in(one);
        // Callers treat an index that is missing in the list as removed. So none may be left out.
        if (!index) co_return not_searched(engine, std::string(one.key()), "cannot be read: it has no UUID");
        found.push_back(std::move(*index));
    }
    co_return found;
}

std::optional<std::string_view> reason_not_to_search(const index_description& index, std::string_view cluster) {
    if (index.ledger != cluster) return "is not an index of this cluster (`confab reindex` makes a new one)";
    switch (index.definition) {
        case definition_match::same:
            return std::nullopt;
        case definition_match::other_folding:
            return "has another folding version (`confab reindex` makes a new one)";
        case definition_match::different:
            break;
    }
    return "has other settings or mappings than expected (`confab reindex` makes a new one)";
}

awaitable<result<resolved_index>> locate(elastic::client& engine, const std::string& target, std::string_view cluster) {
    auto found = co_await describe(engine, target);
    if (!found) co_return found.error();
    if (const auto refusal = reason_not_to_search(*found, cluster)) co_return not_searched(engine, target, *refusal);
    co_return std::move(found->index);
}

awaitable<result<resolved_index>> index_locator::resolve() {
    {
        const std::lock_guard lock(mutex_);
        if (cached_ && std::chrono::steady_clock::now() < cached_until_) co_return *cached_;
    }
    const auto found = co_await locate(engine_, target_, cluster_);
    const std::lock_guard lock(mutex_);
    if (found) {
        cached_ = *found;
        cached_until_ = std::chrono::steady_clock::now() + resolution_ttl;
    } else {
        cached_.reset();
    }
    co_return found;
}

void index_locator::forget() {
    const std::lock_guard lock(mutex_);
    cached_.reset();
}

}  // namespace confab::search
