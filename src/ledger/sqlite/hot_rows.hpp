// Messages that were read lately, kept in memory in front of SQLite. Never stale: what the writer is about to change is
// dropped before its commit, and nothing of it is kept again until the commit is over.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/recent.hpp"
#include "core/effect.hpp"
#include "core/entities.hpp"

namespace confab::ledger {

// Any thread.
class hot_rows {
public:
    // `bytes_max` of messages are kept, roughly; at least half of that are the last ones read.
    explicit hot_rows(std::size_t bytes_max);

    // What was found, or a ticket to put the row with once it was read.
    struct lookup {
        std::optional<core::message> found;
        std::uint64_t ticket = 0;
    };
    lookup find(std::uint64_t row);
    // Does nothing when the row may have changed since the ticket was given.
    void put(std::uint64_t row, const core::message& m, std::uint64_t ticket);

    // Held by the writer while it commits effects: the rows they change are read from SQLite alone.
    class changing {
    public:
        changing(hot_rows& rows, std::span<const core::effect> effects);
        ~changing();
        changing(const changing&) = delete;
        changing& operator=(const changing&) = delete;

    private:
        hot_rows& rows_;
        std::vector<std::uint64_t> changed_;
    };

private:
    struct weight {
        std::size_t operator()(const core::message& m) const;
    };

    struct shard {
        explicit shard(std::size_t bytes_max) : rows(bytes_max) {}
        std::mutex mutex;
        recent<std::uint64_t, core::message, weight> rows;
        std::uint64_t changes = 0;      // how many have begun or ended; a ticket is good as long as it stays the same
        std::size_t being_changed = 0;  // rows of it, at this moment
    };

    shard& shard_of(std::uint64_t row);

    std::array<std::unique_ptr<shard>, 16> shards_;
};

}  // namespace confab::ledger
