#include "search/sqlite/block.hpp"

#include <algorithm>
#include <cstdint>

#include "base/require.hpp"

namespace confab::search {
namespace {

void append_number(std::string& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
    out += static_cast<char>(value);
}

// Iterates over the messages of a block.
class block_reader {
public:
    block_reader(core::message_number first, std::string_view entries, std::string_view texts)
        : entries_(entries), texts_(texts), next_(first) {}

    struct entry {
        core::message_number number;
        std::uint64_t version;
        std::size_t begin, size;  // of its text
        std::size_t end() const { return begin + size; }
    };

    bool is_at_end() const { return entries_.empty(); }
    bool has_read_all_texts() const { return begin_ == texts_.size(); }
    entry take() {
        const auto version = take_number();
        const entry e{next_, version, begin_, static_cast<std::size_t>(take_number())};
        if (e.size >= texts_.size() - begin_ || texts_[e.end()] != '\0') throw damaged_block();
        next_ = next_.next();
        begin_ = e.end() + 1;
        return e;
    }

private:
    std::uint64_t take_number() {
        std::uint64_t value = 0;
        for (int shift = 0; !entries_.empty() && shift < 64; shift += 7) {
            const auto byte = static_cast<unsigned char>(entries_.front());
            entries_.remove_prefix(1);
            value |= std::uint64_t{byte & 0x7fU} << shift;
            if (byte < 0x80) return value;
        }
        throw damaged_block();
    }

    std::string_view entries_, texts_;
    core::message_number next_;
    std::size_t begin_ = 0;
};

}  // namespace

std::vector<block> pack(std::span<const indexed_text> texts) {
    const auto leaves_gap = [](const indexed_text& t, const indexed_text& next) {
        return t.number.next() != next.number;
    };
    require_costly([&] { return std::ranges::adjacent_find(texts, leaves_gap) == texts.end(); },
                   "numbers of a block are consecutive");
    std::vector<block> blocks;
    for (const auto& t : texts) {
        std::string entry;
        append_number(entry, t.version);
        append_number(entry, t.text.size());
        const auto grown_by = entry.size() + t.text.size() + 1;
        const bool fits =
            !blocks.empty() && blocks.back().entries.size() + blocks.back().texts.size() + grown_by <= block_bytes_max;
        auto& b = fits ? blocks.back() : blocks.emplace_back(block{t.number, {}, {}});
        b.entries += entry;
        b.texts.append(t.text).append(1, '\0');
    }
    return blocks;
}

std::vector<indexed_text> unpack(core::message_number first, std::string_view entries, std::string_view texts) {
    std::vector<indexed_text> all;
    block_reader at(first, entries, texts);
    while (!at.is_at_end()) {
        const auto e = at.take();
        all.push_back({e.number, e.version, std::string(texts.substr(e.begin, e.size))});
    }
    if (all.empty() || !at.has_read_all_texts()) throw damaged_block();
    return all;
}

std::vector<core::message_number> numbers_in(core::message_number first, std::string_view entries,
                                             std::string_view texts, const core::folded_query& query) {
    require(query.size() > 0, "an empty query matches everywhere");
    std::vector<core::message_number> found;
    auto hit = query.find_in(texts, 0);
    for (block_reader at(first, entries, texts); hit != std::string_view::npos;) {
        if (at.is_at_end()) throw damaged_block();
        const auto e = at.take();
        if (hit >= e.end()) continue;
        found.push_back(e.number);
        hit = query.find_in(texts, e.end());
    }
    return found;
}

}  // namespace confab::search
