#include "search/sqlite/ngrams.hpp"

#include <algorithm>

#include "base/require.hpp"

namespace confab::search {
namespace {

// The bit of the n-gram in the first `length` bytes at `at`.
template <std::uint32_t length>
std::uint32_t bit_of(const char* at) {
    std::uint32_t ngram = length;
    for (std::uint32_t i = 0; i < length; ++i) ngram = ngram << 8 | static_cast<unsigned char>(at[i]);
    return ngram * 0x9e3779b1U >> (32 - 14);  // Fibonacci hashing: the upper bits are mixed best
}
static_assert(ngrams::bits == 1U << 14);

}  // namespace

void ngrams::add(std::string_view text) {
    const auto set = [this](std::uint32_t bit) { bits_[bit / 8] |= std::byte{1} << bit % 8; };
    const auto* const at = text.data();
    const auto size = text.size();
    for (std::size_t i = 0; i < size; ++i) {
        set(bit_of<1>(at + i));
        if (i + 1 < size) set(bit_of<2>(at + i));
        if (i + 2 < size) set(bit_of<3>(at + i));
    }
}

query_ngrams::query_ngrams(std::string_view query) {
    require(!query.empty(), "an empty query has no n-grams");
    const auto* const at = query.data();
    if (query.size() == 1) bit_positions_ = {bit_of<1>(at)};
    if (query.size() == 2) bit_positions_ = {bit_of<2>(at)};
    for (std::size_t i = 0; i + 2 < query.size(); ++i) bit_positions_.push_back(bit_of<3>(at + i));
}

bool query_ngrams::may_be_in(std::span<const std::byte> stored) const {
    require(stored.size() == ngrams::bytes, "a signature has ngrams::bytes bytes");
    return std::ranges::all_of(
        bit_positions_, [&](std::uint32_t bit) { return (stored[bit / 8] & std::byte{1} << bit % 8) != std::byte{0}; });
}

}  // namespace confab::search
