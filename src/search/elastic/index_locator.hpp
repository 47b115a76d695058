// Resolves an alias to the current index, and caches the result for a short time.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/elastic/client.hpp"
#include "ledger/index_progress.hpp"
#include "search/elastic/index_definition.hpp"

namespace confab::search {

struct resolved_index {
    std::string name;
    ledger::index_id id;  // from the engine's UUID: an index created again under this name has another

    friend bool operator==(const resolved_index&, const resolved_index&) = default;
};

struct index_description {
    resolved_index index;
    definition_match definition;
    std::string ledger;                // the identity of its ledger; empty: not recorded
    std::vector<std::string> aliases;  // the search aliases: all but its write alias
    boost::json::value mappings;       // as the engine returns them
};

// Queries the engine. Errors: unavailable (also if there is no index, or several, which is logged).
awaitable<result<index_description>> describe(elastic::client& engine, const std::string& target);
// All indexes that match a list of names or patterns, open or closed. Empty: none exists. Errors: unavailable.
awaitable<result<std::vector<index_description>>> describe_all(elastic::client& engine, const std::string& targets);
// Why the cluster with this identity cannot search the index: text that follows the index's name. Nothing: it can.
std::optional<std::string_view> reason_not_to_search(const index_description& index, std::string_view cluster);
// The index of the cluster with this identity. Errors: as describe(); also if reason_not_to_search() has one.
awaitable<result<resolved_index>> locate(elastic::client& engine, const std::string& target, std::string_view cluster);

// After this time at the latest, every process uses an index that took over. A removed index is noticed immediately.
inline constexpr std::chrono::seconds resolution_ttl{2};

// Any thread.
class index_locator {
public:
    // `target`: an alias or an index. `cluster`: the expected identity.
    index_locator(elastic::client& engine, std::string target, std::string cluster)
        : engine_(engine), target_(std::move(target)), cluster_(std::move(cluster)) {}

    awaitable<result<resolved_index>> resolve();
    // Drops the cached result, which is no longer valid.
    void forget();

private:
    elastic::client& engine_;
    const std::string target_, cluster_;
    std::mutex mutex_;
    std::optional<resolved_index> cached_;
    std::chrono::steady_clock::time_point cached_until_;
};

}  // namespace confab::search
