// Which index is meant at the moment: the one behind the alias, found anew every now and then.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "drivers/elastic/client.hpp"
#include "ledger/index_progress.hpp"
#include "search/elastic/shape.hpp"

namespace confab::search {

struct located {
    std::string name;
    ledger::index_id id;  // of this very index: one that was removed and came back under its name has another

    friend bool operator==(const located&, const located&) = default;
};

struct described {
    located index;
    search::shape shape;
};

// Asks the engine. Errors: unavailable (also where there is none, or several, which is logged).
awaitable<result<described>> describe(elastic::client& engine, const std::string& target);
// The same. Errors: also where it is of another shape.
awaitable<result<located>> locate(elastic::client& engine, const std::string& target);

// After this time at the latest everybody turns to an index that took over; one that is gone is noticed at once.
inline constexpr std::chrono::seconds known_for{2};

// Any thread.
class place {
public:
    // `target`: an alias or an index.
    place(elastic::client& engine, std::string target) : engine_(engine), target_(std::move(target)) {}

    awaitable<result<located>> now();
    // What was found is not true any more.
    void forget();

private:
    elastic::client& engine_;
    const std::string target_;
    std::mutex mutex_;
    std::optional<located> known_;
    std::chrono::steady_clock::time_point known_until_;
};

}  // namespace confab::search
