// Recently read messages are cached in front of SQLite. The writer invalidates them before it commits a change.
// 1. A lookup that misses returns a ticket. The reader reads the row, and puts the message with the ticket. The cache
//    refuses it if any message of the shard was invalidated after the ticket was issued, as memcached refuses a lease.
//    So a message that was read before a change is never cached after it.
// 2. While an invalidation is open, no message of its shards is put.
// 3. Only the second miss of a message returns a ticket. In a ledger far larger than the cache most messages are read
//    once. To cache those would cost as much as to read them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>

#include "base/two_generation_cache.hpp"
#include "core/batch_effects.hpp"
#include "core/entities.hpp"

namespace confab::ledger::sqlite {

// Any thread.
class message_cache {
public:
    // Caches about `bytes_max` of messages. At least half of that are the messages read last.
    explicit message_cache(std::size_t bytes_max);

    // A message, or a ticket for put(). Neither on the first miss.
    struct lookup {
        std::optional<core::message> found;
        std::optional<std::uint64_t> ticket;
    };
    lookup find(std::uint64_t row);
    // Does nothing if the row may have changed since the ticket was issued, or if the message is large.
    void put(std::uint64_t row, const core::message& m, std::uint64_t ticket);

    // The writer keeps one open while it writes changes of messages. Until it is closed, these messages are read from
    // SQLite.
    class invalidation {
    public:
        using messages = std::span<const core::batch_effects::changed_message>;

        // REQUIRES: `changed` outlives this.
        invalidation(message_cache& cache, messages changed);
        ~invalidation();
        invalidation(const invalidation&) = delete;
        invalidation& operator=(const invalidation&) = delete;

    private:
        message_cache& cache_;
        const messages changed_;
    };

private:
    struct weight {
        std::size_t operator()(const core::message& m) const;
    };

    struct shard {
        explicit shard(std::size_t bytes_max) : messages(bytes_max) {}
        std::mutex mutex;
        two_generation_cache<std::uint64_t, core::message, weight> messages;
        std::array<std::uint32_t, 16 * 1024> recent_misses = {};  // fingerprints of rows
        std::uint64_t version = 0;     // changes when an invalidation begins or ends; a ticket is a version
        std::size_t invalid_rows = 0;  // rows in open invalidations
    };

    // A row's hash selects its shard and its slot in recent_misses. The lower half is its fingerprint there.
    static std::uint64_t hash_of(std::uint64_t row);
    shard& shard_of(std::uint64_t row);

    std::array<std::unique_ptr<shard>, 16> shards_;
};

}  // namespace confab::ledger::sqlite
