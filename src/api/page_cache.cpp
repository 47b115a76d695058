#include "api/page_cache.hpp"

#include "base/fibonacci_hash.hpp"

namespace confab::api {

page_cache::page_cache(std::size_t bytes_max) {
    for (auto& s : shards_) s = std::make_unique<shard>(bytes_max / shards_.size());
}

std::shared_ptr<const std::string> page_cache::find(const page_key& key) {
    auto& s = shard_of(key);
    const std::lock_guard lock(s.mutex);
    const auto* const found = s.pages.find(key);
    return found ? *found : nullptr;
}

void page_cache::put(const page_key& key, const std::string& json) {
    auto& s = shard_of(key);
    if (!s.pages.is_small_of(weight::of(json.size()))) return;
    const auto kept = std::make_shared<const std::string>(json);
    const std::lock_guard lock(s.mutex);
    s.pages.put(key, kept);
}

page_cache::shard& page_cache::shard_of(const page_key& key) {
    return *shards_[hash{}(key) >> 61];
}

std::size_t page_cache::hash::operator()(const page_key& p) const noexcept {
    // Fibonacci hashing, term by term.
    std::size_t sum = 0;
    for (const auto part : {p.chat.value(), p.changes_count, p.window.after, p.window.last})
        sum = fibonacci_hash(sum ^ part);
    return sum;
}

}  // namespace confab::api
