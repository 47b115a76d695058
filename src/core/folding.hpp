// Folding for search: toNFKC_Casefold(NFD(x)), Unicode's identifier caseless match (chapter 3.13, D147). Texts fold to
// the same bytes if they differ only in case, in the form of their characters (NFKC) or in invisible characters
// (ignorable.hpp). Diacritics are kept.
#pragma once

#include <string>
#include <string_view>

#include "core/substring.hpp"

namespace confab::core {

bool is_ascii(std::string_view text);

// REQUIRES: valid UTF-8. The result is valid UTF-8.
std::string fold(std::string_view text);

// A query that is folded once and searched for in many texts. A search by bytes finds the same as a search by code
// points, because no UTF-8 sequence begins inside another.
class folded_query {
public:
    explicit folded_query(std::string_view query) : needle_(fold(query)) {}

    // Whether `text` contains the query. Folds the text. REQUIRES: valid UTF-8.
    bool is_in(std::string_view text) const;

    // The first match in a folded text at or after `from`; npos: no match.
    std::size_t find_in(std::string_view folded, std::size_t from) const {
        return find_substring(folded, needle_, from);
    }
    // Bytes of the folded query.
    std::size_t size() const { return needle_.size(); }
    std::string_view folded() const { return needle_; }

private:
    std::string needle_;
};

}  // namespace confab::core
