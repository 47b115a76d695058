// A cache of message pages. The content of a page depends only on its window and on the number of changes (edits and
// deletions) in its chat. A window never extends beyond the chat's last message, so a new message changes no cached
// page. Every request first reads the chat's counters from the ledger, and computes the window and the key from them.
// So a cached page is never stale, and writers need not invalidate it.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "base/two_generation_cache.hpp"
#include "core/entities.hpp"
#include "ledger/slice.hpp"

namespace confab::api {

struct page_key {
    core::chat_id chat;
    std::uint64_t changes_count;  // of the chat; read before the page, which may be newer
    ledger::window window;

    friend bool operator==(const page_key& a, const page_key& b) {
        return a.chat == b.chat && a.changes_count == b.changes_count && a.window.after == b.window.after &&
               a.window.last == b.window.last && a.window.order == b.window.order;
    }
};

// Any thread.
class page_cache {
public:
    // `bytes_max` is approximate.
    explicit page_cache(std::size_t bytes_max);

    // The JSON text; null: it is not cached.
    std::shared_ptr<const std::string> find(const page_key& key);
    // Stores a copy, unless it is so long that it would evict many others (two_generation_cache::is_small).
    void put(const page_key& key, const std::string& json);

private:
    using text = std::shared_ptr<const std::string>;
    struct hash {
        std::size_t operator()(const page_key& p) const noexcept;
    };
    struct weight {
        std::size_t operator()(const text& t) const { return of(t->size()); }
        static std::size_t of(std::size_t length) { return length + 256; }
    };
    struct shard {
        explicit shard(std::size_t bytes_max) : pages(bytes_max) {}
        std::mutex mutex;
        two_generation_cache<page_key, text, weight, hash> pages;
    };

    shard& shard_of(const page_key& key);

    std::array<std::unique_ptr<shard>, 8> shards_;
};

}  // namespace confab::api
