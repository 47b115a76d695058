// The ids of recently looked-up chats are cached. An id is never stale: a chat never changes its id or its app. Every
// read of a chat or message looks an id up, on all threads. So the cache is sharded, and a lookup hashes its key before
// it takes the lock.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <utility>

#include "base/fibonacci_hash.hpp"
#include "base/two_generation_cache.hpp"
#include "core/ids.hpp"

namespace confab::ledger {

// Any thread.
class chat_id_cache {
public:
    // 16 MiB hold some 200,000 ids. At least the 100,000 ids used last are among them.
    explicit chat_id_cache(std::size_t bytes_max = 16 * 1024 * 1024) {
        for (auto& s : shards_) s.emplace(bytes_max / shards_.size());
    }

    std::optional<core::chat_id> find(const core::app_token& app, core::chat_number chat) {
        const locator at(app, chat);
        auto& s = shard_of(at);
        const std::lock_guard lock(s.mutex);
        const auto* const found = s.ids.find(at);
        return found ? std::optional(*found) : std::nullopt;
    }

    void put(const core::app_token& app, core::chat_number chat, core::chat_id id) {
        const locator at(app, chat);
        auto& s = shard_of(at);
        const std::lock_guard lock(s.mutex);
        s.ids.put(at, id);
    }

private:
    struct locator {
        locator(const core::app_token& app_of_chat, core::chat_number number)
            // Fibonacci hashing spreads neighbouring numbers.
            : app(app_of_chat), chat(number), hash(fibonacci_hash(std::hash<core::app_token>{}(app) ^ chat.value())) {}

        core::app_token app;
        core::chat_number chat;
        std::size_t hash;

        friend bool operator==(const locator&, const locator&) = default;
    };
    struct locator_hash {
        std::size_t operator()(const locator& l) const noexcept { return l.hash; }
    };
    struct weight {
        // The pair, and four words for the node's link, the allocator's rounding and up to two buckets.
        std::size_t operator()(core::chat_id) const {
            return sizeof(std::pair<const locator, core::chat_id>) + 4 * sizeof(void*);
        }
    };
    struct shard {
        explicit shard(std::size_t bytes_max) : ids(bytes_max) {}
        std::mutex mutex;
        two_generation_cache<locator, core::chat_id, weight, locator_hash> ids;
    };

    shard& shard_of(const locator& l) { return *shards_[l.hash >> 60]; }

    std::array<std::optional<shard>, 16> shards_;
};

}  // namespace confab::ledger
