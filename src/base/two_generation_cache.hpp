// A cache bounded by bytes that approximates LRU with two generations, as hashlru does
// (https://github.com/dominictarr/hashlru):
// 1. A new entry goes into the young generation.
// 2. A hit in the old generation moves the entry into the young one.
// 3. The young generation is full at half of the bytes. It then becomes the old one, and the former old one is evicted.
// So an entry stays at least until half of the bytes were put or moved after its last use. A hit in the young
// generation changes nothing, while an exact LRU has to reorder a list.
#pragma once

#include <cstddef>
#include <functional>
#include <unordered_map>
#include <utility>

namespace confab {

// `Bytes` returns the bytes of an entry with this value: the key, the value and the node of the map.
// One thread at a time.
template <class Key, class Value, class Bytes, class Hash = std::hash<Key>>
class two_generation_cache {
public:
    // An entry of more than half of `bytes_max` exceeds the bound. Callers with such values check is_small() first.
    explicit two_generation_cache(std::size_t bytes_max) : young_bytes_max_(bytes_max / 2) {}

    // The value is valid until the next call on the cache.
    const Value* find(const Key& key) {
        if (const auto at = young_.find(key); at != young_.end()) return &at->second;
        auto node = old_.extract(key);
        if (!node) return nullptr;
        make_room(Bytes{}(node.mapped()));
        return &young_.insert(std::move(node)).position->second;
    }

    // Adds or replaces. An entry of this key in the old generation stays there until that generation is evicted. It is
    // never found: the young generation is looked up first, and later replaces the old one.
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

    // Whether the entry takes at most a sixteenth of the bytes, so that it evicts few others.
    bool is_small(const Value& value) const { return is_small_of(Bytes{}(value)); }
    // The same for an entry of `bytes`.
    bool is_small_of(std::size_t bytes) const { return bytes <= young_bytes_max_ / 8; }

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
