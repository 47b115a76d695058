// Blocks: the texts of consecutive messages of a chat, joined. One substring search covers all messages of a block. No
// I/O.
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/folding.hpp"
#include "search/indexed/index.hpp"

namespace confab::search {

// A block whose entries and texts together are no longer than this fits a page of the index file, so SQLite needs no
// overflow pages for it. Only a longer message makes a longer block, alone.
inline constexpr std::size_t block_bytes_max = 16'000;
inline constexpr int page_bytes = 16'384;

struct block {
    core::message_number first;
    std::string entries;  // per message: version and length of its text, as LEB128 numbers
    std::string texts;    // per message: its text, then a zero byte, which no text and no query contains
};

// The bytes of a block cannot be what pack() made.
class damaged_block : public std::runtime_error {
public:
    damaged_block() : runtime_error("a block of the search index is damaged") {}
};

// Packs the texts into as few blocks as possible. REQUIRES: consecutive numbers.
std::vector<block> pack(std::span<const indexed_text> texts);

// The packed texts, at least one. Throws damaged_block.
std::vector<indexed_text> unpack(core::message_number first, std::string_view entries, std::string_view texts);

// The numbers of the messages that contain the query, ascending. Throws damaged_block, but reads entries only up to the
// last match, so it may miss damage. REQUIRES: `query` is not empty.
std::vector<core::message_number> numbers_in(core::message_number first, std::string_view entries,
                                             std::string_view texts, const core::folded_query& query);

}  // namespace confab::search
