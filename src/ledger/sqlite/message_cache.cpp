#include "ledger/sqlite/message_cache.hpp"

#include <utility>

#include "base/overloaded.hpp"
#include "ledger/sqlite/rows.hpp"

namespace confab::ledger::sqlite {
namespace {

constexpr std::size_t row_bytes = 256;  // of a message beside its texts, with its place in the map

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
    if (const auto* const found = s.rows.find(row)) return {*found, std::nullopt};
    const auto hash = hash_of(row);
    const auto last = std::exchange(s.asked_for[(hash >> 32) % s.asked_for.size()], static_cast<std::uint32_t>(hash));
    return {std::nullopt, last == static_cast<std::uint32_t>(hash) ? std::optional(s.changes) : std::nullopt};
}

void message_cache::put(std::uint64_t row, const core::message& m, std::uint64_t ticket) {
    auto& s = shard_of(row);
    const std::lock_guard lock(s.mutex);
    if (s.being_changed == 0 && s.changes == ticket && s.rows.is_small(m)) s.rows.put(row, m);
}

std::uint64_t message_cache::hash_of(std::uint64_t row) {
    // Fibonacci hashing: neighbours in a chat go to different shards. Its lower half is the same for the same number in
    // all chats, so the upper one is mixed in.
    const auto spread = row * 0x9e3779b97f4a7c15ULL;
    return spread ^ spread >> 29;
}

message_cache::shard& message_cache::shard_of(std::uint64_t row) {
    return *shards_[hash_of(row) >> 60];
}

message_cache::invalidation::invalidation(message_cache& rows, std::span<const core::effect> effects) : rows_(rows) {
    const overloaded add_changed{
        [&](const core::message_edited& edit) { add(edit.chat, edit.number); },
        [&](const core::message_deleted& deletion) { add(deletion.chat, deletion.number); },
        [](const auto&) {},
    };
    for (const auto& e : effects) std::visit(add_changed, e);
}

void message_cache::invalidation::add(core::chat_id chat, core::message_number message) {
    const auto row = row_of(chat, message.value());
    changed_.push_back(row);
    auto& s = rows_.shard_of(row);
    const std::lock_guard lock(s.mutex);
    s.changes += 1;
    s.being_changed += 1;
    s.rows.erase(row);
}

message_cache::invalidation::~invalidation() {
    for (const auto row : changed_) {
        auto& s = rows_.shard_of(row);
        const std::lock_guard lock(s.mutex);
        s.changes += 1;
        s.being_changed -= 1;
    }
}

}  // namespace confab::ledger::sqlite
