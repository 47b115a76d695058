#include "ledger/sqlite/message_cache.hpp"

#include <utility>

#include "base/fibonacci_hash.hpp"
#include "ledger/sqlite/rows.hpp"

namespace confab::ledger::sqlite {
namespace {

constexpr std::size_t row_bytes = 256;  // of a message without its texts, with its map node

}  // namespace

std::size_t message_cache::weight::operator()(const core::message& m) const {
    return row_bytes + m.content.size() + (m.sender ? m.sender->size() : 0) + (m.metadata ? m.metadata->size() : 0);
}

message_cache::message_cache(std::size_t bytes_max) {
    for (auto& s : shards_) s = std::make_unique<shard>(bytes_max / shards_.size());
}

message_cache::lookup message_cache::find(std::uint64_t row) {
    auto& s = shard_of(row);
    const std::lock_guard lock(s.mutex);
    if (const auto* const found = s.messages.find(row)) return {*found, std::nullopt};
    const auto hash = hash_of(row);
    const auto fingerprint = static_cast<std::uint32_t>(hash);
    const auto last_miss = std::exchange(s.recent_misses[(hash >> 32) % s.recent_misses.size()], fingerprint);
    return {std::nullopt, last_miss == fingerprint ? std::optional(s.version) : std::nullopt};
}

void message_cache::put(std::uint64_t row, const core::message& m, std::uint64_t ticket) {
    auto& s = shard_of(row);
    const std::lock_guard lock(s.mutex);
    if (s.invalid_rows == 0 && s.version == ticket && s.messages.is_small(m)) s.messages.put(row, m);
}

std::uint64_t message_cache::hash_of(std::uint64_t row) {
    // Neighbours in a chat go to different shards. The same number has the same lower half of the product in all chats,
    // so the upper half is mixed in.
    const auto spread = fibonacci_hash(row);
    return spread ^ spread >> 29;
}

message_cache::shard& message_cache::shard_of(std::uint64_t row) {
    return *shards_[hash_of(row) >> 60];
}

message_cache::invalidation::invalidation(message_cache& cache, messages changed) : cache_(cache), changed_(changed) {
    for (const auto& m : changed_) {
        const auto row = row_of(m.chat, m.number.value());
        auto& s = cache_.shard_of(row);
        const std::lock_guard lock(s.mutex);
        s.version += 1;
        s.invalid_rows += 1;
        s.messages.erase(row);
    }
}

message_cache::invalidation::~invalidation() {
    for (const auto& m : changed_) {
        auto& s = cache_.shard_of(row_of(m.chat, m.number.value()));
        const std::lock_guard lock(s.mutex);
        s.version += 1;
        s.invalid_rows -= 1;
    }
}

}  // namespace confab::ledger::sqlite
