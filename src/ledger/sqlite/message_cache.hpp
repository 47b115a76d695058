// Recently read messages are cached in front of SQLite. The writer invalidates them before it commits a change.
// 1. A lookup that misses returns a ticket. The reader puts the message with it once it has read the row. The cache
//    refuses it when any message of the shard was invalidated after the ticket was issued, as a lease of memcached is
//    refused. So a message that was read before a change is never cached after it.
// 2. While an invalidation is open, no message of its shards is put.
// 3. Only the second miss of a message returns a ticket. In a ledger far larger than the cache most messages are read
//    once, and to cache those would cost as much as to read them.
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
    // Caches some `bytes_max` of messages. At least half of that are the ones read last.
    explicit message_cache(std::size_t bytes_max);

    // A message, or a ticket for put(). Neither on the first miss.
    struct lookup {
        std::optional<core::message> found;
        std::optional<std::uint64_t> ticket;
    };
    lookup find(std::uint64_t row);
    // Does nothing when the row may have changed since the ticket was issued, or when the message is large.
    void put(std::uint64_t row, const core::message& m, std::uint64_t ticket);

    // The writer keeps one open while it writes changes of messages. Until it is closed they are read from SQLite.
    class invalidation {
    public:
        explicit invalidation(message_cache& cache) : cache_(cache) {}
        // Of all messages that the effects change.
        invalidation(message_cache& cache, std::span<const core::effect> effects);
        ~invalidation();
        invalidation(const invalidation&) = delete;
        invalidation& operator=(const invalidation&) = delete;

        void add(core::chat_id chat, core::message_number message);

    private:
        message_cache& cache_;
        std::vector<std::uint64_t> rows_;
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
        std::uint64_t version = 0;     // moves when an invalidation of a row begins or ends; a ticket is a version
        std::size_t invalid_rows = 0;  // rows in open invalidations
    };

    // The bits of a row's hash select its shard and its slot in recent_misses, and are its fingerprint there.
    static std::uint64_t hash_of(std::uint64_t row);
    shard& shard_of(std::uint64_t row);

    std::array<std::unique_ptr<shard>, 16> shards_;
};

}  // namespace confab::ledger::sqlite
