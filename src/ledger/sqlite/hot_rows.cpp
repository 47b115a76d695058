#include "ledger/sqlite/hot_rows.hpp"

#include <utility>

#include "ledger/sqlite/rows.hpp"

namespace confab::ledger {
namespace {

constexpr std::size_t row_bytes = 256;  // of a message beside its texts, with its place in the map

}  // namespace

std::size_t hot_rows::weight::operator()(const core::message& m) const {
    return row_bytes + m.content.size() + (m.sender ? m.sender->size() : 0) + (m.metadata ? m.metadata->size() : 0);
}

hot_rows::hot_rows(std::size_t bytes_max) {
    for (auto& s : shards_) s = std::make_unique<shard>(bytes_max / shards_.size());
}

hot_rows::lookup hot_rows::find(std::uint64_t row) {
    auto& s = shard_of(row);
    const std::lock_guard lock(s.mutex);
    if (const auto* const found = s.rows.find(row)) return {*found, std::nullopt};
    const auto hash = hash_of(row);
    const auto last = std::exchange(s.asked_for[(hash >> 32) % s.asked_for.size()], static_cast<std::uint32_t>(hash));
    return {std::nullopt, last == static_cast<std::uint32_t>(hash) ? std::optional(s.changes) : std::nullopt};
}

void hot_rows::put(std::uint64_t row, const core::message& m, std::uint64_t ticket) {
    auto& s = shard_of(row);
    const std::lock_guard lock(s.mutex);
    if (s.being_changed == 0 && s.changes == ticket && s.rows.is_small(m)) s.rows.put(row, m);
}

std::uint64_t hot_rows::hash_of(std::uint64_t row) {
    // Fibonacci hashing: neighbours in a chat go to different shards. Its lower half is the same for the same number in
    // all chats, so the upper one is mixed in.
    const auto spread = row * 0x9e3779b97f4a7c15ULL;
    return spread ^ spread >> 29;
}

hot_rows::shard& hot_rows::shard_of(std::uint64_t row) {
    return *shards_[hash_of(row) >> 60];
}

hot_rows::changing::changing(hot_rows& rows, std::span<const core::effect> effects) : rows_(rows) {
    for (const auto& e : effects) {
        if (const auto* edit = std::get_if<core::message_edited>(&e))
            changed_.push_back(row_of(edit->chat, edit->number.value()));
        else if (const auto* deletion = std::get_if<core::message_deleted>(&e))
            changed_.push_back(row_of(deletion->chat, deletion->number.value()));
    }
    for (const auto row : changed_) {
        auto& s = rows_.shard_of(row);
        const std::lock_guard lock(s.mutex);
        s.changes += 1;
        s.being_changed += 1;
        s.rows.erase(row);
    }
}

hot_rows::changing::~changing() {
    for (const auto row : changed_) {
        auto& s = rows_.shard_of(row);
        const std::lock_guard lock(s.mutex);
        s.changes += 1;
        s.being_changed -= 1;
    }
}

}  // namespace confab::ledger
