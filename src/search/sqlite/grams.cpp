#include "search/sqlite/grams.hpp"

#include <algorithm>

namespace confab::search {
namespace {

// The bit of the gram that is the first `length` bytes at `at`.
template <std::uint32_t length>
std::uint32_t place_of(const char* at) {
    std::uint32_t gram = length;
    for (std::uint32_t i = 0; i < length; ++i) gram = gram << 8 | static_cast<unsigned char>(at[i]);
    return gram * 0x9e3779b1U >> (32 - 14);  // Fibonacci hashing; its upper bits are the best mixed
}
static_assert(grams::bits == 1U << 14);

}  // namespace

void grams::add(std::string_view text) {
    const auto set = [this](std::uint32_t place) { bits_[place / 8] |= std::byte{1} << place % 8; };
    const auto* const at = text.data();
    const auto size = text.size();
    for (std::size_t i = 0; i < size; ++i) {
        set(place_of<1>(at + i));
        if (i + 1 < size) set(place_of<2>(at + i));
        if (i + 2 < size) set(place_of<3>(at + i));
    }
}

wanted_grams::wanted_grams(std::string_view query) {
    const auto* const at = query.data();
    if (query.size() == 1) places_ = {place_of<1>(at)};
    if (query.size() == 2) places_ = {place_of<2>(at)};
    for (std::size_t i = 0; i + 2 < query.size(); ++i) places_.push_back(place_of<3>(at + i));
}

bool wanted_grams::may_be_in(std::span<const std::byte> stored) const {
    return std::ranges::all_of(
        places_, [&](std::uint32_t place) { return (stored[place / 8] & std::byte{1} << place % 8) != std::byte{0}; });
}

}  // namespace confab::search
