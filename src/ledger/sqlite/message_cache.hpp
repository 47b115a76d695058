// Recently read messages are cached in front of SQLite. The writer invalidates them before it commits a change, so none
// is ever stale. A message is cached when it is read for the second time: of a ledger far larger than the cache most
// are read once, and caching those would cost as much as reading them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/two_generation_cache.hpp"
#include "core/effect.hpp"
#include "core/entities.hpp"

namespace confab::ledger::sqlite {

// Any thread.
class message_cache {
public:
    // `bytes_max` of messages are kept, roughly; at least half of that are the last ones read.
    explicit message_cache(std::size_t bytes_max);

    // What was found, or a ticket to put the row with once it was read: none when it was not asked for before.
    struct lookup {
        std::optional<core::message> found;
        std::optional<std::uint64_t> ticket;
    };
    lookup find(std::uint64_t row);
    // Does nothing when the row may have changed since the ticket was given.
    void put(std::uint64_t row, const core::message& m, std::uint64_t ticket);

    // Held by the writer while it writes changes of these messages: they are read from SQLite alone meanwhile.
    class invalidation {
    public:
        explicit invalidation(message_cache& rows) : rows_(rows) {}
        invalidation(message_cache& rows, std::span<const core::effect> effects);
        ~invalidation();
        invalidation(const invalidation&) = delete;
        invalidation& operator=(const invalidation&) = delete;

        void add(core::chat_id chat, core::message_number message);

    private:
        message_cache& rows_;
        std::vector<std::uint64_t> changed_;
    };

private:
    struct weight {
        std::size_t operator()(const core::message& m) const;
    };

    struct shard {
        explicit shard(std::size_t bytes_max) : rows(bytes_max) {}
        std::mutex mutex;
        two_generation_cache<std::uint64_t, core::message, weight> rows;
        std::array<std::uint32_t, 16 * 1024> asked_for = {};  // marks of the last ones that were not here
        std::uint64_t changes = 0;      // how many have begun or ended; a ticket is good as long as it stays the same
        std::size_t being_changed = 0;  // rows of it, at this moment
    };

    // The bits of a row's hash tell its shard, its place among those asked for, and its mark there.
    static std::uint64_t hash_of(std::uint64_t row);
    shard& shard_of(std::uint64_t row);

    std::array<std::unique_ptr<shard>, 16> shards_;
};

}  // namespace confab::ledger::sqlite
