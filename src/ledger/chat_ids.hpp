// Ids of chats that were looked up lately: neither a chat's id nor its owner ever changes, so they need no care. Any
// thread.
#pragma once

#include <mutex>
#include <optional>
#include <unordered_map>

#include "core/ids.hpp"

namespace confab::ledger {

class chat_ids {
public:
    std::optional<core::chat_id> find(const core::app_token& app, core::chat_number chat) const {
        const std::lock_guard lock(mutex_);
        const auto at = ids_.find({app, chat});
        return at == ids_.end() ? std::nullopt : std::optional(at->second);
    }

    void put(const core::app_token& app, core::chat_number chat, core::chat_id id) {
        const std::lock_guard lock(mutex_);
        if (ids_.size() >= kept_max) ids_.clear();
        ids_.insert_or_assign({app, chat}, id);
    }

private:
    static constexpr std::size_t kept_max = 100'000;  // some 80 bytes each

    struct place {
        core::app_token app;
        core::chat_number chat;

        friend bool operator==(const place&, const place&) = default;
    };
    struct place_hash {
        std::size_t operator()(const place& p) const noexcept {
            // Fibonacci hashing spreads neighbouring numbers.
            return std::hash<core::app_token>{}(p.app) ^ p.chat.value() * 0x9e3779b97f4a7c15ULL;
        }
    };

    mutable std::mutex mutex_;
    std::unordered_map<place, core::chat_id, place_hash> ids_;
};

}  // namespace confab::ledger
