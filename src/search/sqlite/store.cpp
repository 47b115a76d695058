#include <algorithm>

#include "base/require.hpp"
#include "search/sqlite/block.hpp"
#include "search/sqlite/ngrams.hpp"
#include "search/sqlite/rows.hpp"

namespace confab::search {
namespace {

using texts = std::span<const indexed_text>;

// Whether numbers ascend, and those above from.messages follow it without a gap up to to.messages.
bool follow_each_other(texts all, core::position from, core::position to) {
    std::uint64_t last = 0;
    for (const auto& t : all) {
        const auto number = t.number.value();
        if (number <= last || (number > from.messages && number != std::max(last, from.messages) + 1)) return false;
        last = number;
    }
    return std::max(last, from.messages) == to.messages;
}

// The messages of the block that contains this one.
std::vector<indexed_text> read_block_of(write_session& s, core::chat_id chat, std::uint64_t number) {
    s.block_of.bind(row_of(chat, 0), row_of(chat, number));
    const sqlite::reset_guard until_done(s.block_of);
    if (!s.block_of.row()) throw damaged_block();
    return unpack(number_in(s.block_of.number(0)), view(s.block_of.bytes(1)), view(s.block_of.bytes(2)));
}

// Replaces a block with the same first number.
void put(write_session& s, core::chat_id chat, texts messages) {
    for (const auto& b : pack(messages)) {
        const auto row = row_of(chat, b.first.value());
        ngrams signature;
        signature.add(b.texts);
        s.put_block.bind(row, blob(b.entries), blob(b.texts)).run();
        s.put_signature.bind(row, signature.stored()).run();
    }
}

// Blocks may become longer, and then more. The first keeps its number, so no old block remains.
void replace(write_session& s, core::chat_id chat, texts changed) {
    while (!changed.empty()) {
        auto stored = read_block_of(s, chat, changed.front().number.value());
        const auto first = stored.front().number.value();
        const auto end = first + stored.size();
        if (changed.front().number.value() >= end) throw damaged_block();
        for (; !changed.empty() && changed.front().number.value() < end; changed = changed.subspan(1)) {
            auto& old = stored[changed.front().number.value() - first];
            if (old.version <= changed.front().version) old = changed.front();
        }
        put(s, chat, stored);
    }
}

void append(write_session& s, core::chat_id chat, texts added, std::uint64_t after) {
    if (added.empty()) return;
    if (after == 0) return put(s, chat, added);
    auto open = read_block_of(s, chat, after);
    if (open.back().number.value() != after) throw damaged_block();
    open.insert(open.end(), added.begin(), added.end());
    put(s, chat, open);
}

}  // namespace

bool store_in(write_session& s, core::chat_id chat, texts all, core::position from, core::position to) {
    sqlite::transaction together(s.db, sqlite::transaction::kind::write);
    if (read_position(s.find_position, chat) != from) return false;
    const auto is_stored = [&](const indexed_text& t) { return t.number.value() <= from.messages; };
    const auto added = std::ranges::partition_point(all, is_stored);
    replace(s, chat, {all.begin(), added});
    // A follower of changes only may pass messages that are not indexed yet. No text of them is here.
    if (to.messages > from.messages) {
        require_costly([&] { return follow_each_other(all, from, to); }, "texts are stored in order and without a gap");
        append(s, chat, {added, all.end()}, from.messages);
    }
    s.put_position.bind(chat.value(), to.messages, to.changes).run();
    together.commit();
    return true;
}

}  // namespace confab::search
