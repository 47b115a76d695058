// Messages that were read lately and more than once, kept in memory in front of SQLite: of a ledger far larger than that
// most are asked for once, and to keep them would cost as much as to read them. Never stale: what the writer is about to
// change is dropped before its commit, and nothing of it is kept again until the commit is over.
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

    // What was found, or a ticket to put the row with once it was read: none when it was not asked for before.
    struct lookup {
        std::optional<core::message> found;
        std::optional<std::uint64_t> ticket;
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
        std::array<std::uint32_t, 16 * 1024> asked_for = {};  // marks of the last ones that were not here
        std::uint64_t changes = 0;      // how many have begun or ended; a ticket is good as long as it stays the same
        std::size_t being_changed = 0;  // rows of it, at this moment
    };

    // The bits of a row's hash tell its shard, its place among those asked for, and its mark there.
    static std::uint64_t hash_of(std::uint64_t row);
    shard& shard_of(std::uint64_t row);

    std::array<std::unique_ptr<shard>, 16> shards_;
};

}  // namespace confab::ledger
