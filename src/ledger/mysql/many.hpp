// Statements over many rows at once. Prepared statements have a fixed number of question marks, so rows go in runs of a
// few sizes: then a connection keeps a handful of statements of each kind, and a large batch needs few round trips.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace confab::ledger {

inline constexpr std::array<std::size_t, 9> run_sizes{256, 128, 64, 32, 16, 8, 4, 2, 1};

// The largest run that is not longer than `rows`. REQUIRES: rows > 0.
std::size_t run_of(std::size_t rows);

// `head` followed by `rows` times `row`, with commas between, and `tail`.
std::string repeated(std::string_view head, std::string_view row, std::size_t rows, std::string_view tail = {});

// Bytes as SQL text: x'0123…'. For what the program made itself: no text of a client goes into a statement.
std::string hex_literal(std::span<const std::byte> bytes);

}  // namespace confab::ledger
