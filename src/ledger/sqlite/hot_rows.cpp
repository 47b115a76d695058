#include "ledger/sqlite/hot_rows.hpp"

#include "ledger/sqlite/rows.hpp"

namespace confab::ledger {
namespace {

constexpr std::size_t row_bytes = 256;  // of a message beside its texts, with its place in the map

std::size_t bytes_of(const core::message& m) {
    return row_bytes + m.content.size() + (m.sender ? m.sender->size() : 0) + (m.metadata ? m.metadata->size() : 0);
}

}  // namespace

hot_rows::hot_rows(std::size_t bytes_max) : young_bytes_max_(bytes_max / 2 / std::tuple_size_v<decltype(shards_)>) {}

hot_rows::lookup hot_rows::find(std::uint64_t row) {
    auto& s = shard_of(row);
    const std::lock_guard lock(s.mutex);
    if (const auto at = s.young.find(row); at != s.young.end()) return {at->second, s.changes};
    if (auto at = s.old.extract(row)) {
        auto found = at.mapped();
        keep(s, row, std::move(at.mapped()));
        return {std::move(found), s.changes};
    }
    return {std::nullopt, s.changes};
}

void hot_rows::put(std::uint64_t row, const core::message& m, std::uint64_t ticket) {
    if (bytes_of(m) > young_bytes_max_ / 8) return;  // it would push out many
    auto& s = shard_of(row);
    const std::lock_guard lock(s.mutex);
    if (s.being_changed == 0 && s.changes == ticket) keep(s, row, m);
}

void hot_rows::keep(shard& s, std::uint64_t row, core::message m) const {
    const auto bytes = bytes_of(m);
    if (s.young_bytes + bytes > young_bytes_max_) {
        s.old = std::exchange(s.young, {});
        s.young_bytes = 0;
    }
    if (s.young.insert_or_assign(row, std::move(m)).second) s.young_bytes += bytes;
}

hot_rows::shard& hot_rows::shard_of(std::uint64_t row) {
    // Fibonacci hashing: neighbours in a chat go to different shards.
    return shards_[(row * 0x9e3779b97f4a7c15ULL) >> 60];
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
        if (const auto at = s.young.find(row); at != s.young.end()) {
            s.young_bytes -= bytes_of(at->second);
            s.young.erase(at);
        }
        s.old.erase(row);
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
