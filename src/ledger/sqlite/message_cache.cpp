#include "ledger/sqlite/message_cache.hpp"

#include <utility>

#include "base/overloaded.hpp"
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
    // Fibonacci hashing: neighbours in a chat go to different shards. The same number has the same lower half of the
    // product in all chats, so the upper half is mixed in.
    const auto spread = row * 0x9e3779b97f4a7c15ULL;
    return spread ^ spread >> 29;
}

message_cache::shard& message_cache::shard_of(std::uint64_t row) {
    return *shards_[hash_of(row) >> 60];
}

// Delegates, so that the destructor runs when add() throws. Otherwise these rows would never be cached again.
message_cache::invalidation::invalidation(message_cache& cache, std::span<const core::effect> effects)
    : invalidation(cache) {
    const overloaded add_changed{
        [&](const core::message_edited& edit) { add(edit.chat, edit.number); },
        [&](const core::message_deleted& deletion) { add(deletion.chat, deletion.number); },
        // None of these changes an existing message.
        [](const core::app_created&) {},
        [](const core::app_renamed&) {},
        [](const core::chat_created&) {},
        [](const core::message_created&) {},
        [](const core::key_used&) {},
    };
    for (const auto& e : effects) std::visit(add_changed, e);
}

void message_cache::invalidation::add(core::chat_id chat, core::message_number message) {
    const auto row = row_of(chat, message.value());
    rows_.push_back(row);
    auto& s = cache_.shard_of(row);
    const std::lock_guard lock(s.mutex);
    s.version += 1;
    s.invalid_rows += 1;
    s.messages.erase(row);
}

message_cache::invalidation::~invalidation() {
    for (const auto row : rows_) {
        auto& s = cache_.shard_of(row);
        const std::lock_guard lock(s.mutex);
        s.version += 1;
        s.invalid_rows -= 1;
    }
}

}  // namespace confab::ledger::sqlite
