// Lists are read in slices: what one call of a reading port reads, and its limits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace confab::ledger {

// The maximum rows of one call. A longer list is read in slices, so that no read holds a snapshot for long.
inline constexpr std::size_t slice_rows_max = 1001;  // the longest page, and one row that shows whether more follow
// The maximum bytes of texts in a slice. A slice always has at least one row. Each client that reads a long answer
// slowly holds one slice (at the beginning a megabyte of them, api/lists.hpp). There may be as many such clients as
// connections.
inline constexpr std::size_t slice_bytes_max = 128 * 1024;

enum class order { ascending, descending };

// The rows of a list that a call reads: `after` < number <= `last`. For apps the number is the id.
struct window {
    std::uint64_t after = 0;
    std::uint64_t last = 0;
    ledger::order order = order::ascending;
    std::size_t rows_max = slice_rows_max;
};

}  // namespace confab::ledger
