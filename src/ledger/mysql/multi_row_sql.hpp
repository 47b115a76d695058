// SQL text for statements over many rows. A prepared statement has a fixed number of placeholders, so rows go in chunks
// of a few sizes. Then a connection keeps few statements of each kind, and a batch needs few round trips (2.8 on
// average, for 1 to 256 rows).
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace confab::ledger::mysql {

inline constexpr std::array<std::size_t, 16> chunk_sizes{256, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1};

// The largest chunk size up to `rows`. REQUIRES: rows > 0.
std::size_t chunk_size(std::size_t rows);

// `prefix`, `rows` times `row` with commas between, and `suffix`.
std::string repeat_row(std::string_view prefix, std::string_view row, std::size_t rows, std::string_view suffix = {});

// Bytes as SQL text: x'0123…'. Only for values that the program made: no client's text is ever part of a statement.
std::string hex_literal(std::span<const std::byte> bytes);

}  // namespace confab::ledger::mysql
