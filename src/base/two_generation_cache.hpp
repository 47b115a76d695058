// A cache of so many bytes that approximates LRU with two generations. Entries go into the young one. When that has
// half of the bytes it becomes the old one, and the old one is dropped. A hit in the old generation moves the entry
// back into the young one, so what was used within the last half of the bytes stays.
#pragma once

#include <cstddef>
#include <functional>
#include <unordered_map>
#include <utility>

namespace confab {

// One thread at a time. `Bytes` tells what a value weighs, its place in here included.
template <class Key, class Value, class Bytes, class Hash = std::hash<Key>>
class two_generation_cache {
public:
    explicit two_generation_cache(std::size_t bytes_max) : young_bytes_max_(bytes_max / 2) {}

    // Lives until the next call of anything else.
    const Value* find(const Key& key) {
        if (const auto at = young_.find(key); at != young_.end()) return &at->second;
        auto node = old_.extract(key);
        if (!node) return nullptr;
        make_room(Bytes{}(node.mapped()));
        return &young_.insert(std::move(node)).position->second;
    }

    // One of this key in the older half stays behind, and is never met: the younger one is looked at first and becomes
    // the older one whole.
    void put(const Key& key, Value value) {
        make_room(Bytes{}(value));
        const auto [at, is_new] = young_.try_emplace(key, std::move(value));
        if (is_new) return;
        young_bytes_ -= Bytes{}(at->second);
        at->second = std::move(value);
    }

    void erase(const Key& key) {
        if (const auto at = young_.find(key); at != young_.end()) {
            young_bytes_ -= Bytes{}(at->second);
            young_.erase(at);
        }
        old_.erase(key);
    }

    // Whether it is worth its space: it would not push out many others.
    bool is_small(const Value& value) const { return Bytes{}(value) <= young_bytes_max_ / 8; }

private:
    void make_room(std::size_t bytes) {
        if (young_bytes_ + bytes > young_bytes_max_) {
            old_ = std::exchange(young_, {});
            young_bytes_ = 0;
        }
        young_bytes_ += bytes;
    }

    const std::size_t young_bytes_max_;
    std::unordered_map<Key, Value, Hash> young_, old_;
    std::size_t young_bytes_ = 0;
};

}  // namespace confab
