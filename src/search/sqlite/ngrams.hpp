// The n-grams of one, two and three bytes that occur in some texts. This signature excludes most texts that cannot
// contain a query, without reading them.
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
    // Bits, one for each hash of an n-gram. 16 KB of English have some 4,000 different trigrams, so a quarter of the
    // bits is set. An n-gram that does not occur is excluded three times in four. A longer query has several.
    static constexpr std::size_t bits = 16 * 1024;
    static constexpr std::size_t bytes = bits / 8;

    void add(std::string_view text);
    std::span<const std::byte> stored() const { return bits_; }

private:
    std::array<std::byte, bytes> bits_{};
};

// The n-grams of a query, to be compared with many signatures.
class query_ngrams {
public:
    // REQUIRES: `query` is not empty.
    explicit query_ngrams(std::string_view query);

    // False: no text with this signature contains the query. REQUIRES: `stored` has ngrams::bytes.
    bool may_be_in(std::span<const std::byte> stored) const;

private:
    std::vector<std::uint32_t> bit_positions_;
};

}  // namespace confab::search
