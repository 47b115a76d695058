// Which index is meant at the moment: the one behind the alias, found anew every now and then.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "drivers/elastic/client.hpp"
#include "ledger/index_progress.hpp"
#include "search/elastic/shape.hpp"

namespace confab::search {

struct resolved_index {
    std::string name;
    ledger::index_id id;  // of this very index: one that was removed and came back under its name has another

    friend bool operator==(const resolved_index&, const resolved_index&) = default;
};

struct described {
    resolved_index index;
    search::shape shape;
    std::string ledger;                // whose it is; empty: it does not say
    std::vector<std::string> aliases;  // that it is searched by: all but the one through which it is written
    boost::json::value mappings;       // as the engine has them
};

// Asks the engine. Errors: unavailable (also where there is none, or several, which is logged).
awaitable<result<described>> describe(elastic::client& engine, const std::string& target);
// All that a list of names or patterns stands for, open or closed; none where there is none. Errors: unavailable.
awaitable<result<std::vector<described>>> describe_all(elastic::client& engine, const std::string& targets);
// The index of the cluster with this identity. Errors: as describe(); also where it is of another shape or cluster.
awaitable<result<resolved_index>> locate(elastic::client& engine, const std::string& target, std::string_view cluster);

// After this time at the latest everybody turns to an index that took over; one that is gone is noticed at once.
inline constexpr std::chrono::seconds resolution_ttl{2};

// Any thread.
class index_locator {
public:
    // `target`: an alias or an index. `cluster`: whose it has to be.
    index_locator(elastic::client& engine, std::string target, std::string cluster)
        : engine_(engine), target_(std::move(target)), cluster_(std::move(cluster)) {}

    awaitable<result<resolved_index>> resolve();
    // What was found is not true any more.
    void forget();

private:
    elastic::client& engine_;
    const std::string target_, cluster_;
    std::mutex mutex_;
    std::optional<resolved_index> cached_;
    std::chrono::steady_clock::time_point cached_until_;
};

}  // namespace confab::search
