// Which sequences of one, two and three bytes occur in some texts: a signature that tells most texts that cannot
// contain a query without looking into them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace confab::search {

class ngrams {
public:
    // Bits, one for each of as many sums of a gram. 16 KB of English hold some 4,000 different grams of three bytes, so
    // that a quarter of the bits is set and one gram that is not there tells as much three times in four; a longer
    // query has several.
    static constexpr std::size_t bits = 16 * 1024;
    static constexpr std::size_t bytes = bits / 8;

    void add(std::string_view text);
    std::span<const std::byte> stored() const { return bits_; }

private:
    std::array<std::byte, bytes> bits_{};
};

// The grams of a query, to be looked for in many signatures.
class query_ngrams {
public:
    // REQUIRES: not empty.
    explicit query_ngrams(std::string_view query);

    // False: no text added to these grams contains the query. REQUIRES: grams::bytes of them.
    bool may_be_in(std::span<const std::byte> stored) const;

private:
    std::vector<std::uint32_t> bit_positions_;
};

}  // namespace confab::search
