// The ids of chats that were looked up recently. Neither a chat's id nor its app ever changes, so none is ever stale.
#pragma once

#include <array>
#include <mutex>
#include <optional>

#include "base/two_generation_cache.hpp"
#include "core/ids.hpp"

namespace confab::ledger {

// Any thread.
class chat_id_cache {
public:
    explicit chat_id_cache(std::size_t bytes_max = 16 * 1024 * 1024) {
        for (auto& s : shards_) s.emplace(bytes_max / shards_.size());
    }

    std::optional<core::chat_id> find(const core::app_token& app, core::chat_number chat) {
        const locator at{app, chat};
        auto& s = shard_of(at);
        const std::lock_guard lock(s.mutex);
        const auto* const found = s.ids.find(at);
        return found ? std::optional(*found) : std::nullopt;
    }

    void put(const core::app_token& app, core::chat_number chat, core::chat_id id) {
        const locator at{app, chat};
        auto& s = shard_of(at);
        const std::lock_guard lock(s.mutex);
        s.ids.put(at, id);
    }

private:
    struct locator {
        core::app_token app;
        core::chat_number chat;

        friend bool operator==(const locator&, const locator&) = default;
    };
    struct locator_hash {
        std::size_t operator()(const locator& l) const noexcept {
            // Fibonacci hashing spreads neighbouring numbers.
            return (std::hash<core::app_token>{}(l.app) ^ l.chat.value()) * 0x9e3779b97f4a7c15ULL;
        }
    };
    struct weight {
        std::size_t operator()(core::chat_id) const { return 128; }  // with its node in the map
    };
    struct shard {
        explicit shard(std::size_t bytes_max) : ids(bytes_max) {}
        std::mutex mutex;
        two_generation_cache<locator, core::chat_id, weight, locator_hash> ids;
    };

    shard& shard_of(const locator& l) { return *shards_[locator_hash{}(l) >> 60]; }

    std::array<std::optional<shard>, 16> shards_;
};

}  // namespace confab::ledger
