#include "api/recent_pages.hpp"

namespace confab::api {

recent_pages::recent_pages(std::size_t bytes_max) {
    for (auto& s : shards_) s = std::make_unique<shard>(bytes_max / shards_.size());
}

std::shared_ptr<const std::string> recent_pages::find(const page_place& place) {
    auto& s = shard_of(place);
    const std::lock_guard lock(s.mutex);
    const auto* const found = s.pages.find(place);
    return found ? *found : nullptr;
}

void recent_pages::put(const page_place& place, const std::string& json) {
    auto& s = shard_of(place);
    if (!s.pages.is_small_of(weight::of(json.size()))) return;
    const auto kept = std::make_shared<const std::string>(json);
    const std::lock_guard lock(s.mutex);
    s.pages.put(place, kept);
}

recent_pages::shard& recent_pages::shard_of(const page_place& place) {
    return *shards_[hash{}(place) >> 61];
}

std::size_t recent_pages::hash::operator()(const page_place& p) const noexcept {
    // Fibonacci hashing, term by term.
    std::size_t sum = 0;
    for (const auto part : {p.chat.value(), p.changes_count, p.window.after, p.window.last})
        sum = (sum ^ part) * 0x9e3779b97f4a7c15ULL;
    return sum;
}

}  // namespace confab::api
