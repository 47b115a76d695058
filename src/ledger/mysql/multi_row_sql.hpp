// Statements over many rows at once. Prepared statements have a fixed number of question marks, so rows go in runs of a
// few sizes: then a connection keeps some statements of each kind, and a batch needs few round trips (of one to 256
// rows: 2.8 on average).
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace confab::ledger::mysql {

inline constexpr std::array<std::size_t, 16> chunk_sizes{256, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1};

// The largest run that is not longer than `rows`. REQUIRES: rows > 0.
std::size_t chunk_size(std::size_t rows);

// `head` followed by `rows` times `row`, with commas between, and `tail`.
std::string repeat_row(std::string_view prefix, std::string_view row, std::size_t rows, std::string_view suffix = {});

// Bytes as SQL text: x'0123…'. For what the program made itself: no text of a client goes into a statement.
std::string hex_literal(std::span<const std::byte> bytes);

}  // namespace confab::ledger::mysql
